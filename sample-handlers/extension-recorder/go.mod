module lambox.dev/samples/extension-recorder

go 1.19
