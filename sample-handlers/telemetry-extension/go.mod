module lambox/sample-handlers/telemetry-extension

go 1.19
