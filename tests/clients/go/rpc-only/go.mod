module lambox/tests/clients/go/rpc-only

go 1.19

require lambox/tests/clients/go/probe v0.0.0

require github.com/aws/aws-lambda-go v1.13.3 // indirect

replace lambox/tests/clients/go/probe => ../probe
