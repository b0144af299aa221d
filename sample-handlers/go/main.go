// Answers with its event, unless that asks for something else; see README.md of the folder above.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type asked struct {
	Fail    bool  `json:"fail"`
	Crash   bool  `json:"crash"`
	SleepMs int64 `json:"sleep_ms"`
	Size    *int  `json:"size"`
}

func handle(ctx context.Context, event json.RawMessage) (any, error) {
	invocation, _ := lambdacontext.FromContext(ctx)
	fmt.Println("hello from Go, request", invocation.AwsRequestID)
	var do asked
	if err := json.Unmarshal(event, &do); err != nil {
		return nil, err
	}
	if do.Fail {
		return nil, errors.New("as asked")
	}
	if do.Crash {
		os.Exit(3)
	}
	time.Sleep(time.Duration(do.SleepMs) * time.Millisecond)
	if do.Size != nil {
		return strings.Repeat("x", max(*do.Size-2, 0)), nil
	}
	return event, nil
}

func main() { lambda.Start(handle) }
