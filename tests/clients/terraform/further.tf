# Beside wider.tf: other sources, targets and settings of the same resources; nothing of it changes in stage two.

resource "aws_iam_role" "further" {
  name               = "further"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Action = "sts:AssumeRole", Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" } }] })

  inline_policy {
    name   = "x"
    policy = jsonencode({ Version = "2012-10-17", Statement = [{ Action = "logs:*", Effect = "Allow", Resource = "*" }] })
  }
  managed_policy_arns   = ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]
  force_detach_policies = true
}

resource "aws_lambda_function" "vpc" {
  function_name = "vpc"
  filename      = "lambdas/one.zip"
  runtime       = "provided.al2023"
  handler       = "bootstrap"
  role          = aws_iam_role.further.arn
  kms_key_arn   = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"

  vpc_config {
    subnet_ids         = ["subnet-11111111"]
    security_group_ids = ["sg-11111111"]
  }

  file_system_config {
    arn              = "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-00000000000000000"
    local_mount_path = "/mnt/data"
  }
}

resource "aws_lambda_function" "hot" {
  function_name = "hot"
  s3_bucket     = "hot-reload"
  s3_key        = "${abspath(path.root)}/hot"
  runtime       = "provided.al2023"
  handler       = "bootstrap"
  role          = aws_iam_role.further.arn
  publish       = true
}

resource "aws_lambda_event_source_mapping" "stream" {
  event_source_arn               = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
  function_name                  = aws_lambda_function.hot.function_name
  starting_position              = "LATEST"
  bisect_batch_on_function_error = true
  maximum_retry_attempts         = 3
  parallelization_factor         = 2
  destination_config {
    on_failure {
      destination_arn = "arn:aws:sqs:us-east-1:000000000000:dead"
    }
  }
}

resource "aws_lambda_event_source_mapping" "table" {
  event_source_arn  = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2024-01-01T00:00:00.000"
  function_name     = "${aws_lambda_function.hot.arn}:${aws_lambda_function.hot.version}"
  starting_position = "TRIM_HORIZON"
}

resource "aws_lambda_function_event_invoke_config" "plain" {
  function_name          = aws_lambda_function.hot.function_name
  maximum_retry_attempts = 0
}

resource "aws_lambda_permission" "apigw" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.hot.arn
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:aws:execute-api:us-east-1:000000000000:abc/*/*"
}

resource "aws_lambda_permission" "url" {
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.hot.function_name
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_function_url" "plain" {
  function_name      = aws_lambda_function.hot.function_name
  authorization_type = "NONE"
  invoke_mode        = "RESPONSE_STREAM"
}

resource "aws_lambda_provisioned_concurrency_config" "version" {
  function_name                     = aws_lambda_function.hot.function_name
  qualifier                         = aws_lambda_function.hot.version
  provisioned_concurrent_executions = 1
}

resource "aws_lambda_invocation" "once" {
  function_name   = aws_lambda_function.hot.function_name
  input           = jsonencode({ a = 1 })
  lifecycle_scope = "CRUD"
}
data "aws_iam_policy" "basic" {
  arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

data "aws_lambda_function_url" "plain" {
  function_name = aws_lambda_function_url.plain.function_name
}

data "aws_iam_roles" "all" {
  depends_on = [aws_iam_role.further]
}

data "aws_lambda_functions" "all" {
  depends_on = [aws_lambda_function.wider, aws_lambda_function.hot, aws_lambda_function.vpc]
}

data "aws_cloudwatch_log_groups" "all" {}

output "roles" {
  value = sort(data.aws_iam_roles.all.names)
}

output "functions" {
  value = sort(data.aws_lambda_functions.all.function_names)
}
