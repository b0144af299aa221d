// Leads functions through their life with the AWS SDK for Go and writes what it saw to stdout, as JSON; test_sdks.py judges it.
// Arguments: the endpoint, and a folder with echo.zip, two.zip and fail.zip.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
)

const waitingMax = 30 * time.Second

var background = context.Background()

type invoked struct {
	Payload any    `json:"payload"`
	Version string `json:"version"`
	Error   string `json:"error,omitempty"`
	Log     string `json:"log,omitempty"`
}

type failure struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	Reason  string `json:"reason"`
	Status  int    `json:"status"`
	Known   bool   `json:"known"`
}

type report map[string]any

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

type tester struct {
	client *lambda.Client
	folder string
}

func (t tester) zip(name string) []byte {
	return must(os.ReadFile(filepath.Join(t.folder, name+".zip")))
}

func (t tester) create(name, packageName string) *lambda.CreateFunctionOutput {
	return must(t.client.CreateFunction(background, &lambda.CreateFunctionInput{
		FunctionName: &name,
		Runtime:      types.RuntimeProvidedal2023,
		Handler:      aws.String("bootstrap"),
		Role:         aws.String("arn:aws:iam::000000000000:role/lambda"),
		Timeout:      aws.Int32(10),
		Code:         &types.FunctionCode{ZipFile: t.zip(packageName)},
	}))
}

func (t tester) tryInvoke(input lambda.InvokeInput) (invoked, error) {
	input.Payload = []byte(`{"n": 1}`)
	answer, err := t.client.Invoke(background, &input)
	if err != nil {
		return invoked{}, err
	}
	log := must(base64.StdEncoding.DecodeString(aws.ToString(answer.LogResult)))
	seen := invoked{Version: aws.ToString(answer.ExecutedVersion), Error: aws.ToString(answer.FunctionError), Log: string(log)}
	err = json.Unmarshal(answer.Payload, &seen.Payload)
	return seen, err
}

func (t tester) invoke(input lambda.InvokeInput) invoked { return must(t.tryInvoke(input)) }

func failureOf(err error) failure {
	if err == nil {
		return failure{Name: "none"}
	}
	var seen failure
	var api smithy.APIError
	var response *awshttp.ResponseError
	var throttle *types.TooManyRequestsException
	var missing *types.ResourceNotFoundException
	if errors.As(err, &api) {
		seen.Name, seen.Message = api.ErrorCode(), api.ErrorMessage()
	}
	if errors.As(err, &response) {
		seen.Status = response.HTTPStatusCode()
	}
	if errors.As(err, &throttle) {
		seen.Reason, seen.Known = string(throttle.Reason), true
	}
	if errors.As(err, &missing) {
		seen.Known = true
	}
	return seen
}

func (t tester) waitActive(name string) string {
	waiter := lambda.NewFunctionActiveV2Waiter(t.client)
	found := must(waiter.WaitForOutput(background, &lambda.GetFunctionInput{FunctionName: &name}, waitingMax))
	return string(found.Configuration.State)
}

func (t tester) waitUpdated(name string) string {
	waiter := lambda.NewFunctionUpdatedV2Waiter(t.client)
	found := must(waiter.WaitForOutput(background, &lambda.GetFunctionInput{FunctionName: &name}, waitingMax))
	return string(found.Configuration.LastUpdateStatus)
}

func (t tester) weights(name string) map[string]int {
	must(t.client.CreateAlias(background, &lambda.CreateAliasInput{
		FunctionName:    &name,
		Name:            aws.String("live"),
		FunctionVersion: aws.String("1"),
		RoutingConfig:   &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": 0.5}},
	}))
	counts := map[string]int{}
	for range 40 {
		counts[t.invoke(lambda.InvokeInput{FunctionName: &name, Qualifier: aws.String("live")}).Version]++
	}
	return counts
}

func (t tester) life(seen report) {
	name := aws.String("go")
	seen["created"] = string(t.create("go", "echo").State)
	seen["active"] = t.waitActive("go")
	seen["first"] = t.invoke(lambda.InvokeInput{FunctionName: name, LogType: types.LogTypeTail})
	seen["one"] = *must(t.client.PublishVersion(background, &lambda.PublishVersionInput{FunctionName: name})).Version
	code := must(t.client.UpdateFunctionCode(background, &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: t.zip("two")}))
	seen["updating"] = string(code.LastUpdateStatus)
	seen["updated"] = t.waitUpdated("go")
	changed := lambda.UpdateFunctionConfigurationInput{FunctionName: name, MemorySize: aws.Int32(256)}
	must(t.client.UpdateFunctionConfiguration(background, &changed))
	t.waitUpdated("go")
	seen["second"] = t.invoke(lambda.InvokeInput{FunctionName: name})
	published := must(t.client.PublishVersion(background, &lambda.PublishVersionInput{FunctionName: name}))
	seen["two"] = []any{*published.Version, *published.MemorySize}
	seen["weighted"] = t.weights("go")
	none := lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(0)}
	must(t.client.PutFunctionConcurrency(background, &none))
	_, err := t.tryInvoke(lambda.InvokeInput{FunctionName: name})
	seen["throttled"] = failureOf(err)
	must(t.client.DeleteFunction(background, &lambda.DeleteFunctionInput{FunctionName: name}))
	_, err = t.client.GetFunction(background, &lambda.GetFunctionInput{FunctionName: name})
	seen["gone"] = failureOf(err)
}

func (t tester) streamed(name string) (string, error) {
	input := lambda.InvokeWithResponseStreamInput{FunctionName: &name, Payload: []byte(`{"n": 1}`)}
	answer, err := t.client.InvokeWithResponseStream(background, &input)
	if err != nil {
		return "", err
	}
	stream := answer.GetStream()
	defer stream.Close()
	var all strings.Builder
	for event := range stream.Events() {
		if chunk, ok := event.(*types.InvokeWithResponseStreamResponseEventMemberPayloadChunk); ok {
			all.Write(chunk.Value.Payload)
		}
	}
	return all.String(), stream.Err()
}

func (t tester) others(seen report) {
	t.create("go-fail", "fail")
	t.create("go-echo", "echo")
	seen["failed"] = t.invoke(lambda.InvokeInput{FunctionName: aws.String("go-fail")})
	_, err := t.tryInvoke(lambda.InvokeInput{FunctionName: aws.String("none")})
	seen["missing"] = failureOf(err)
	tooLittle := lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("go-fail"), MemorySize: aws.Int32(1)}
	_, err = t.client.UpdateFunctionConfiguration(background, &tooLittle)
	seen["invalid"] = failureOf(err)
	text, err := t.streamed("go-echo")
	seen["streaming"] = report{"failure": failureOf(err), "text": text}
	for i := range 55 {
		t.create(fmt.Sprintf("go-%02d", i), "two")
	}
	var pages [][]string
	for pager := lambda.NewListFunctionsPaginator(t.client, &lambda.ListFunctionsInput{}); pager.HasMorePages(); {
		var names []string
		for _, one := range must(pager.NextPage(background)).Functions {
			names = append(names, *one.FunctionName)
		}
		pages = append(pages, names)
	}
	seen["pages"] = pages
}

func main() {
	client := lambda.New(lambda.Options{
		Region:           "us-east-1",
		BaseEndpoint:     aws.String(os.Args[1]),
		Credentials:      credentials.NewStaticCredentialsProvider("test", "test", ""),
		RetryMaxAttempts: 1, // or a throttle would be tried again
	})
	t := tester{client, os.Args[2]}
	seen := report{}
	t.life(seen)
	t.others(seen)
	if err := json.NewEncoder(os.Stdout).Encode(seen); err != nil {
		os.Exit(1)
	}
}
