# One of each resource around a function that lambox has. `stage` is what the second apply changes; it touches every resource.
variable "stage" {
  type = string
}

locals {
  changed = var.stage == "two"
  package = "lambdas/${var.stage}.zip"
}

data "aws_caller_identity" "self" {}

data "aws_region" "here" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "logs" {
  statement {
    actions   = local.changed ? ["logs:PutLogEvents", "logs:CreateLogStream"] : ["logs:PutLogEvents"]
    resources = ["arn:aws:logs:${data.aws_region.here.name}:${data.aws_caller_identity.self.account_id}:*"]
  }
}

resource "aws_iam_role" "wider" {
  name                 = "wider"
  path                 = "/service/"
  description          = "stage ${var.stage}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = local.changed ? 7200 : 3600
  permissions_boundary = local.changed ? "arn:aws:iam::aws:policy/PowerUserAccess" : null
  tags                 = { stage = var.stage }
}

resource "aws_iam_role_policy" "logs" {
  name   = "logs"
  role   = aws_iam_role.wider.id
  policy = data.aws_iam_policy_document.logs.json
}

resource "aws_iam_policy" "managed" {
  name   = "managed"
  policy = data.aws_iam_policy_document.logs.json
  tags   = { stage = var.stage }
}

resource "aws_iam_role_policy_attachment" "managed" {
  role       = aws_iam_role.wider.name
  policy_arn = aws_iam_policy.managed.arn
}

resource "aws_iam_role_policy_attachment" "basic" {
  role       = aws_iam_role.wider.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/${local.changed ? "AWSLambdaSQSQueueExecutionRole" : "AWSLambdaBasicExecutionRole"}"
}

resource "aws_cloudwatch_log_group" "wider" {
  name              = "/aws/lambda/wider"
  retention_in_days = local.changed ? 14 : 7
  tags              = { stage = var.stage }
}

resource "aws_cloudwatch_log_stream" "wider" {
  name           = "stream-${var.stage}"
  log_group_name = aws_cloudwatch_log_group.wider.name
}

resource "aws_lambda_layer_version" "text" {
  layer_name               = "wider-text"
  description              = "stage ${var.stage}"
  filename                 = "lambdas/layer-${var.stage}.zip"
  source_code_hash         = filebase64sha256("lambdas/layer-${var.stage}.zip")
  compatible_runtimes      = ["provided.al2023", "provided.al2"]
  compatible_architectures = ["x86_64"]
  license_info             = "MIT"
}

resource "aws_lambda_layer_version_permission" "text" {
  layer_name     = aws_lambda_layer_version.text.layer_name
  version_number = aws_lambda_layer_version.text.version
  statement_id   = "friends"
  action         = "lambda:GetLayerVersion"
  principal      = local.changed ? "444455556666" : "111122223333"
}

resource "aws_lambda_function" "wider" {
  function_name                  = "wider"
  description                    = "stage ${var.stage}"
  filename                       = local.package
  source_code_hash               = filebase64sha256(local.package)
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  role                           = aws_iam_role.wider.arn
  layers                         = [aws_lambda_layer_version.text.arn]
  memory_size                    = local.changed ? 256 : 128
  timeout                        = local.changed ? 20 : 10
  publish                        = true
  reserved_concurrent_executions = local.changed ? 20 : 10
  tags                           = { stage = var.stage }

  environment {
    variables = { STAGE = var.stage }
  }

  ephemeral_storage {
    size = local.changed ? 1024 : 512
  }

  tracing_config {
    mode = local.changed ? "Active" : "PassThrough"
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = local.changed ? "DEBUG" : "INFO"
    system_log_level      = "INFO"
    log_group             = aws_cloudwatch_log_group.wider.name
  }

  dead_letter_config {
    target_arn = "arn:aws:sqs:us-east-1:000000000000:dead-${var.stage}"
  }

  depends_on = [aws_iam_role_policy.logs, aws_iam_role_policy_attachment.basic]
}

# Version 1 keeps running under the alias when stage two has published another one.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "stage ${var.stage}"
  function_name    = aws_lambda_function.wider.function_name
  function_version = "1"

  dynamic "routing_config" {
    for_each = local.changed ? [aws_lambda_function.wider.version] : []
    content {
      additional_version_weights = { (routing_config.value) = 0.5 }
    }
  }
}

resource "aws_lambda_provisioned_concurrency_config" "live" {
  function_name                     = aws_lambda_function.wider.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = local.changed ? 2 : 1
}

resource "aws_lambda_function_event_invoke_config" "live" {
  function_name                = aws_lambda_function.wider.function_name
  qualifier                    = aws_lambda_alias.live.name
  maximum_event_age_in_seconds = local.changed ? 120 : 60
  maximum_retry_attempts       = local.changed ? 1 : 0

  destination_config {
    on_failure {
      destination = "arn:aws:sqs:us-east-1:000000000000:failed-${var.stage}"
    }
  }
}

resource "aws_lambda_permission" "bucket" {
  statement_id   = "bucket"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.wider.function_name
  qualifier      = aws_lambda_alias.live.name
  principal      = "s3.amazonaws.com"
  source_arn     = "arn:aws:s3:::bucket-${var.stage}"
  source_account = data.aws_caller_identity.self.account_id
}

resource "aws_lambda_function_url" "live" {
  function_name      = aws_lambda_function.wider.function_name
  qualifier          = aws_lambda_alias.live.name
  authorization_type = local.changed ? "AWS_IAM" : "NONE"

  cors {
    allow_origins = ["https://${var.stage}.example.com"]
    allow_methods = ["GET"]
    max_age       = 60
  }
}

resource "aws_lambda_event_source_mapping" "queue" {
  event_source_arn                   = "arn:aws:sqs:us-east-1:000000000000:queue"
  function_name                      = aws_lambda_function.wider.arn
  batch_size                         = local.changed ? 20 : 10
  maximum_batching_window_in_seconds = 5
  enabled                            = !local.changed
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = { stage = var.stage }

  filter_criteria {
    filter {
      pattern = jsonencode({ body = { stage = [var.stage] } })
    }
  }

  scaling_config {
    maximum_concurrency = local.changed ? 4 : 2
  }
}

resource "aws_lambda_function_recursion_config" "wider" {
  function_name  = aws_lambda_function.wider.function_name
  recursive_loop = local.changed ? "Allow" : "Terminate"
}

resource "aws_lambda_runtime_management_config" "wider" {
  function_name     = aws_lambda_function.wider.function_name
  update_runtime_on = local.changed ? "FunctionUpdate" : "Auto"
}

data "aws_lambda_function" "read" {
  function_name = aws_lambda_function.wider.function_name
  depends_on    = [aws_lambda_alias.live]
}

data "aws_lambda_invocation" "ran" {
  function_name = aws_lambda_function.wider.function_name
  qualifier     = aws_lambda_function.wider.version
  input         = jsonencode({})
}

data "aws_lambda_alias" "read" {
  function_name = aws_lambda_function.wider.function_name
  name          = aws_lambda_alias.live.name
}

data "aws_lambda_layer_version" "read" {
  layer_name = aws_lambda_layer_version.text.layer_name
}

data "aws_iam_role" "read" {
  name = aws_iam_role.wider.name
}

output "account" {
  value = data.aws_caller_identity.self.account_id
}

output "memory" {
  value = data.aws_lambda_function.read.memory_size
}

output "answer" {
  value = jsondecode(data.aws_lambda_invocation.ran.result)
}
