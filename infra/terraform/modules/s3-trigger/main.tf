data "aws_caller_identity" "current" {}

resource "aws_lambda_permission" "this" {
  # A bucket's name may have dots, the name of a statement may not.
  statement_id  = "${replace(var.bucket_name, ".", "-")}-objects"
  action        = "lambda:InvokeFunction"
  function_name = var.function_name
  qualifier     = var.alias_name
  principal     = "s3.amazonaws.com"
  source_arn    = var.bucket_arn
  # A bucket that was removed may be another account's next.
  source_account = data.aws_caller_identity.current.account_id
}

resource "aws_s3_bucket_notification" "this" {
  bucket = var.bucket_name

  dynamic "lambda_function" {
    for_each = var.filters

    content {
      id                  = "millrace-${lambda_function.key}"
      lambda_function_arn = var.function_arn
      events              = var.events
      filter_prefix       = lambda_function.value.prefix
      filter_suffix       = lambda_function.value.suffix
    }
  }

  # S3 tries the function before it takes the notification.
  depends_on = [aws_lambda_permission.this]
}
