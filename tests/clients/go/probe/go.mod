module lambox/tests/clients/go/probe

go 1.19

require github.com/aws/aws-lambda-go v1.13.3
