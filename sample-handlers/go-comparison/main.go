// The handler of the go1.x against provided.al2 comparison: it answers an API Gateway proxy request with what Lambda told it about
// the invocation and with the request itself, and logs the same.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type invocationView struct {
	Context lambdacontext.LambdaContext
	Request events.APIGatewayProxyRequest
}

func handle(ctx context.Context, request events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	lc, ok := lambdacontext.FromContext(ctx)
	if !ok {
		return events.APIGatewayProxyResponse{}, errors.New("not called by Lambda: no Lambda context")
	}
	body, err := json.Marshal(invocationView{Context: *lc, Request: request})
	if err != nil {
		return events.APIGatewayProxyResponse{}, err
	}
	log.Printf("Request data %s", body)
	return events.APIGatewayProxyResponse{StatusCode: 200, Body: string(body)}, nil
}

func main() {
	lambda.Start(handle)
}
