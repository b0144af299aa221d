// An external extension that subscribes to the Telemetry API and writes every event that it gets as a JSON line. It needs nothing but Go's
// library. Put the program into the folder extensions/ of a layer.
//
// TELEMETRY_FILE     where the lines go, appended; empty = standard output, and so into the function's log
// TELEMETRY_TYPES    default platform,function. With extension and standard output it would read what it writes, again and again
// TELEMETRY_SCHEMA   default 2022-12-13
// TELEMETRY_TIMEOUT  milliseconds that an event may wait for others, default 25
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

const quiet = 150 * time.Millisecond // after SHUTDOWN: no event for so long means that all have come

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// writer takes batches in and writes their events, whole lines, one batch after the other.
type writer struct {
	mutex sync.Mutex
	out   io.Writer
	last  time.Time
}

func (w *writer) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	var events []json.RawMessage
	if err := json.NewDecoder(request.Body).Decode(&events); err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.last = time.Now()
	var lines bytes.Buffer
	for _, event := range events {
		lines.Write(event)
		lines.WriteByte('\n')
	}
	if _, err := w.out.Write(lines.Bytes()); err != nil {
		http.Error(answer, err.Error(), http.StatusInternalServerError)
	}
}

// waitUntilQuiet returns when no batch has come for a moment.
func (w *writer) waitUntilQuiet(deadline time.Time) {
	begin := time.Now()
	for time.Now().Before(deadline) {
		w.mutex.Lock()
		last := w.last
		w.mutex.Unlock()
		if last.Before(begin) {
			last = begin
		}
		if time.Since(last) >= quiet {
			return
		}
		time.Sleep(quiet / 10)
	}
}

// listen takes a port of the environment's own host name where that is known, as on AWS.
func listen() (net.Listener, error) {
	if listener, err := net.Listen("tcp", "sandbox.localdomain:0"); err == nil {
		return listener, nil
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

type api struct {
	base       string
	identifier string
}

// call sends one request and returns the body of an answer of status 200.
func (a *api) call(method, path string, headers map[string]string, body interface{}) (http.Header, []byte, error) {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return nil, nil, err
		}
	}
	request, err := http.NewRequest(method, a.base+path, bytes.NewReader(content))
	if err != nil {
		return nil, nil, err
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	if a.identifier != "" {
		request.Header.Set("Lambda-Extension-Identifier", a.identifier)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("%s %s: %d %s", method, path, answer.StatusCode, text)
	}
	return answer.Header, text, nil
}

func (a *api) register(name string) error {
	headers := map[string]string{"Lambda-Extension-Name": name}
	events := map[string][]string{"events": {"INVOKE", "SHUTDOWN"}}
	answer, _, err := a.call("POST", "/2020-01-01/extension/register", headers, events)
	if err == nil {
		a.identifier = answer.Get("Lambda-Extension-Identifier")
	}
	return err
}

func (a *api) subscribe(port int) error {
	timeout, err := strconv.Atoi(setting("TELEMETRY_TIMEOUT", "25"))
	if err != nil {
		return fmt.Errorf("TELEMETRY_TIMEOUT: %w", err)
	}
	subscription := map[string]interface{}{
		"schemaVersion": setting("TELEMETRY_SCHEMA", "2022-12-13"),
		"types":         strings.Split(setting("TELEMETRY_TYPES", "platform,function"), ","),
		"buffering":     map[string]int{"maxItems": 1000, "maxBytes": 262144, "timeoutMs": timeout},
		"destination":   map[string]string{"protocol": "HTTP", "URI": fmt.Sprintf("http://sandbox.localdomain:%d/", port)},
	}
	_, _, err = a.call("PUT", "/2022-07-01/telemetry", nil, subscription)
	return err
}

type event struct {
	EventType  string `json:"eventType"`
	DeadlineMs int64  `json:"deadlineMs"`
}

func (a *api) next() (event, error) {
	var got event
	_, text, err := a.call("GET", "/2020-01-01/extension/event/next", nil, nil)
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	return got, err
}

func run() error {
	var out io.Writer = os.Stdout
	if path := os.Getenv("TELEMETRY_FILE"); path != "" {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
		if err != nil {
			return err
		}
		defer file.Close()
		out = file
	}
	listener, err := listen()
	if err != nil {
		return err
	}
	events := &writer{out: out}
	go http.Serve(listener, events) //nolint:errcheck // it ends with the program

	lambda := &api{base: "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API")}
	if err := lambda.register(filepath.Base(os.Args[0])); err != nil {
		return err
	}
	if err := lambda.subscribe(listener.Addr().(*net.TCPAddr).Port); err != nil {
		return err
	}
	for {
		got, err := lambda.next()
		if err != nil {
			return err
		}
		if got.EventType == "SHUTDOWN" {
			events.waitUntilQuiet(time.UnixMilli(got.DeadlineMs).Add(-quiet))
			return nil
		}
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "telemetry-extension:", err)
		os.Exit(1)
	}
}
