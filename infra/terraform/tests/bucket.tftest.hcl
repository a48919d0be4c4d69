mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name = "millrace-example"
}

run "private_encrypted_versioned" {
  module {
    source = "./modules/bucket"
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Something public is not blocked."
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "ACLs count."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Objects are not encrypted."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "Objects have no versions."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      statement.Action if statement.Effect == "Deny" && statement.Condition.Bool["aws:SecureTransport"] == "false" && length(statement.Resource) == 2
    ]) == "s3:*"
    error_message = "Requests without TLS are let in."
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "A bucket with objects may be destroyed."
  }
}

run "old_versions_and_unfinished_uploads_go" {
  module {
    source = "./modules/bucket"
  }

  assert {
    condition = contains([
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule : one(rule.abort_incomplete_multipart_upload[*].days_after_initiation)
    ], 7)
    error_message = "Unfinished uploads are paid for, for ever."
  }

  assert {
    condition = contains([
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule : one(rule.noncurrent_version_expiration[*].noncurrent_days)
    ], 30)
    error_message = "Old versions stay for ever."
  }
}

run "a_key_of_ones_own" {
  module {
    source = "./modules/bucket"
  }

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-2:123456789012:key/own"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms"
    error_message = "The key is not used."
  }
}

run "refuses_what_s3_would" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    name              = "Not_A_Bucket"
    old_versions_days = 0
  }

  expect_failures = [var.name, var.old_versions_days]
}

run "state" {
  module {
    source = "./modules/state-bucket"
  }

  assert {
    condition     = output.place == "s3://millrace-example"
    error_message = "The place is not the bucket's."
  }
}

run "archive_ages" {
  module {
    source = "./modules/archive-bucket"
  }

  variables {
    prefix             = "readings/"
    glacier_after_days = 180
  }

  assert {
    condition     = output.transitions == [{ after_days = 30, storage_class = "STANDARD_IA" }, { after_days = 180, storage_class = "GLACIER_IR" }]
    error_message = "Objects do not move as they age."
  }
}

run "archive_refuses_what_s3_would" {
  command = plan

  module {
    source = "./modules/archive-bucket"
  }

  variables {
    infrequent_access_after_days = 7
  }

  expect_failures = [var.infrequent_access_after_days]
}
