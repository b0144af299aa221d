# Laid over article.tf for its second apply; Terraform merges files with names like this one into the resources that they name.
resource "aws_lambda_function" "sample-lambda-amd64" {
  memory_size = 256
}

resource "aws_lambda_function" "sample-lambda-arm64" {
  memory_size = 256
}
