// The probe handler with an aws-lambda-go from before the Runtime API loop, which speaks go1.x RPC only.
package main

import "lambox/tests/clients/go/probe"

func main() {
	probe.Start()
}
