// Package probe is a handler that does what its event says, for tests that drive lambox with real aws-lambda-go clients.
// It compiles with every aws-lambda-go from 1.13.3 on: that is why it lives apart from the programs that pick a version.
package probe

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

type instruction struct {
	Do      string          `json:"do"`
	Value   json.RawMessage `json:"value"`   // echo
	Message string          `json:"message"` // error, custom-error, panic, stderr
	Code    int             `json:"code"`    // exit
	Ms      int             `json:"ms"`      // sleep
	Bytes   int             `json:"bytes"`   // big
	Name    string          `json:"name"`    // env
}

// CustomError has a type name of its own, which is what a caller sees as errorType.
type CustomError struct{ message string }

func (e *CustomError) Error() string { return e.message }

type contextView struct {
	LambdaContext   lambdacontext.LambdaContext
	HasContext      bool
	HasDeadline     bool
	DeadlineMs      int64
	RemainingMs     int64
	TraceEnv        string
	TraceValue      string
	FunctionName    string
	FunctionVersion string
	MemoryLimitMB   int
	LogGroupName    string
	LogStreamName   string
}

func viewContext(ctx context.Context) contextView {
	view := contextView{
		TraceEnv:        os.Getenv("_X_AMZN_TRACE_ID"),
		FunctionName:    lambdacontext.FunctionName,
		FunctionVersion: lambdacontext.FunctionVersion,
		MemoryLimitMB:   lambdacontext.MemoryLimitInMB,
		LogGroupName:    lambdacontext.LogGroupName,
		LogStreamName:   lambdacontext.LogStreamName,
	}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		view.LambdaContext, view.HasContext = *lc, true
	}
	if deadline, ok := ctx.Deadline(); ok {
		view.HasDeadline = true
		view.DeadlineMs = deadline.UnixNano() / int64(time.Millisecond)
		view.RemainingMs = int64(time.Until(deadline) / time.Millisecond)
	}
	view.TraceValue, _ = ctx.Value("x-amzn-trace-id").(string)
	return view
}

// Sleeps through its deadline: the platform has to end it, not the context.
func sleep(ms int) map[string]int {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return map[string]int{"slept_ms": ms}
}

func handle(ctx context.Context, event instruction) (interface{}, error) {
	switch event.Do {
	case "echo":
		return event.Value, nil
	case "error":
		return nil, errors.New(event.Message)
	case "custom-error":
		return nil, &CustomError{message: event.Message}
	case "panic":
		panic(event.Message)
	case "nil-panic":
		var nothing *instruction
		return nothing.Message, nil
	case "exit":
		os.Exit(event.Code)
	case "sleep":
		return sleep(event.Ms), nil
	case "big":
		// Two bytes are the quotes, so that the answer has exactly the size asked for.
		if event.Bytes < 2 {
			return nil, errors.New("bytes must be 2 or more")
		}
		return strings.Repeat("x", event.Bytes-2), nil
	case "stderr":
		fmt.Fprintln(os.Stderr, event.Message)
		return map[string]string{"wrote": event.Message}, nil
	case "context":
		return viewContext(ctx), nil
	case "env":
		return map[string]string{event.Name: os.Getenv(event.Name)}, nil
	}
	return nil, fmt.Errorf("do not know how to do %q", event.Do)
}

// Start never returns.
func Start() {
	lambda.Start(handle)
}
