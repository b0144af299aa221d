// The probe handler with the newest aws-lambda-go, which speaks the Runtime API and go1.x RPC.
package main

import "lambox/tests/clients/go/probe"

func main() {
	probe.Start()
}
