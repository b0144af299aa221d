module lambox/tests/clients/go/newest

go 1.26

require lambox/tests/clients/go/probe v0.0.0

require github.com/aws/aws-lambda-go v1.55.1 // indirect

replace lambox/tests/clients/go/probe => ../probe
