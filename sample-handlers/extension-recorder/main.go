// An extension that writes what it is told to the function's log. Run from /opt/extensions it is an external one; the standard library is all
// it needs, so it is one static file. Its variables, all optional and best set for the function:
//
//	RECORDER_EVENTS  the events to register for, by comma; default INVOKE,SHUTDOWN; "none" for none
//	RECORDER_WORK    how long it works on each INVOKE, e.g. 300ms
//	RECORDER_MODE    what goes wrong: exit-at-start, exit-before-next, init-error, silent (never registers), no-next, exit-at-invoke,
//	                 exit-error-at-invoke, deaf (ignores SHUTDOWN), flood, twice (registers twice and asks twice)
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const identifierHeader = "Lambda-Extension-Identifier"

var (
	name       = filepath.Base(os.Args[0])
	api        = "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2020-01-01/extension/"
	mode       = os.Getenv("RECORDER_MODE")
	identifier string
)

func say(format string, values ...any) { fmt.Printf(name+": "+format+"\n", values...) }

func call(method, path, body string, headers map[string]string) (*http.Response, string) {
	request, err := http.NewRequest(method, api+path, bytes.NewReader([]byte(body)))
	if err != nil {
		say("%v", err)
		os.Exit(70)
	}
	for key, value := range headers {
		request.Header.Set(key, value)
	}
	if identifier != "" {
		request.Header.Set(identifierHeader, identifier)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		say("%v", err)
		os.Exit(71)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer, string(text)
}

func register() {
	events := "INVOKE,SHUTDOWN"
	if value := os.Getenv("RECORDER_EVENTS"); value != "" {
		events = value
	}
	list := []string{}
	if events != "none" {
		list = strings.Split(events, ",")
	}
	body, _ := json.Marshal(map[string][]string{"events": list})
	answer, text := call("POST", "register", string(body),
		map[string]string{"Lambda-Extension-Name": name, "Lambda-Extension-Accept-Feature": "accountId"})
	say("register %d %s", answer.StatusCode, strings.TrimSpace(text))
	if identifier == "" {
		identifier = answer.Header.Get(identifierHeader)
	}
}

func work() {
	if pause, err := time.ParseDuration(os.Getenv("RECORDER_WORK")); err == nil {
		time.Sleep(pause)
	}
}

// hang never returns; an empty select would end a program that has nothing else to do.
func hang() {
	for {
		time.Sleep(time.Hour)
	}
}

func onInvoke(request string) {
	say("INVOKE %s", request)
	switch mode {
	case "exit-at-invoke":
		os.Exit(4)
	case "exit-error-at-invoke":
		_, text := call("POST", "exit/error", "{}", map[string]string{"Lambda-Extension-Function-Error-Type": "Recorder.GaveUp"})
		say("exit/error %s", strings.TrimSpace(text))
		os.Exit(5)
	case "flood":
		line := strings.Repeat("x", 1000)
		for i := 0; i < 5000; i++ {
			fmt.Println(line)
		}
	}
	work()
	say("done")
}

func main() {
	say("starts")
	switch mode {
	case "exit-at-start":
		os.Exit(0)
	case "silent":
		hang()
	}
	register()
	switch mode {
	case "twice":
		register()
	case "exit-before-next":
		os.Exit(3)
	case "init-error":
		_, text := call("POST", "init/error", "{}", map[string]string{"Lambda-Extension-Function-Error-Type": "Recorder.NoConfig"})
		say("init/error %s", strings.TrimSpace(text))
		os.Exit(6)
	case "no-next":
		hang()
	}
	for {
		if mode == "twice" {
			go func() {
				time.Sleep(50 * time.Millisecond)
				answer, text := call("GET", "event/next", "", nil)
				say("second next %d %s", answer.StatusCode, strings.TrimSpace(text))
			}()
			mode = ""
		}
		answer, text := call("GET", "event/next", "", nil)
		var event struct{ EventType, RequestId, ShutdownReason string }
		if err := json.Unmarshal([]byte(text), &event); err != nil || answer.StatusCode != 200 {
			say("next %d %s", answer.StatusCode, text)
			os.Exit(72)
		}
		switch event.EventType {
		case "INVOKE":
			onInvoke(event.RequestId)
		case "SHUTDOWN":
			say("SHUTDOWN %s %s", event.ShutdownReason, answer.Header.Get("Content-Type"))
			if mode == "deaf" {
				hang()
			}
			os.Exit(0)
		}
	}
}
