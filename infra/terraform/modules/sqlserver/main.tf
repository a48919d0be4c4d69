locals {
  # A year as people say it: what RDS calls the version, and its family of parameters.
  versions = {
    2017 = { engine = "14.00", family = "14.0" }
    2019 = { engine = "15.00", family = "15.0" }
    2022 = { engine = "16.00", family = "16.0" }
  }
  version = local.versions[var.release]
  # RDS cannot encrypt the storage of Express.
  # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html
  encrypted = var.edition != "ex"
  port      = 1433
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Private subnets of ${var.name}"
  subnet_ids  = var.subnet_ids
}

resource "aws_security_group" "this" {
  name        = "${var.name}-sqlserver"
  description = "Who may reach SQL Server ${var.name}"
  vpc_id      = var.vpc_id
}

# From security groups alone: no address is let in, and nothing goes out.
resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = var.client_security_group_ids

  security_group_id            = aws_security_group.this.id
  description                  = "SQL Server from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

# Connections without TLS are refused.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/SQLServer.Concepts.General.SSL.Using.html
resource "aws_db_parameter_group" "this" {
  name        = "${var.name}-tls"
  description = "TLS is required"
  family      = "sqlserver-${var.edition}-${local.version.family}"

  parameter {
    name         = "rds.force_ssl"
    value        = "1"
    apply_method = "pending-reboot"
  }
}

resource "aws_db_instance" "this" {
  identifier     = var.name
  engine         = "sqlserver-${var.edition}"
  engine_version = local.version.engine
  license_model  = "license-included"
  instance_class = var.instance_class

  allocated_storage     = var.storage_gib
  max_allocated_storage = var.max_storage_gib
  storage_type          = "gp3"
  storage_encrypted     = local.encrypted
  kms_key_id            = local.encrypted ? var.kms_key_arn : null

  username = var.username
  # RDS makes the password, keeps it in Secrets Manager and changes it every seven days.
  # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.kms_key_arn

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = false
  port                   = local.port
  multi_az               = var.multi_az
  parameter_group_name   = aws_db_parameter_group.this.name

  backup_retention_period    = var.backup_days
  copy_tags_to_snapshot      = true
  deletion_protection        = var.deletion_protection
  skip_final_snapshot        = false
  final_snapshot_identifier  = "${var.name}-final"
  auto_minor_version_upgrade = true

  enabled_cloudwatch_logs_exports = ["error"]
}

# Only where it is to be other than the seven days that are RDS's own.
resource "aws_secretsmanager_secret_rotation" "this" {
  count = var.rotation_days == 7 ? 0 : 1

  secret_id = aws_db_instance.this.master_user_secret[0].secret_arn

  rotation_rules {
    automatically_after_days = var.rotation_days
  }
}
