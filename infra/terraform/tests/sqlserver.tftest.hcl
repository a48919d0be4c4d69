mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                      = "plants"
  vpc_id                    = "vpc-1"
  subnet_ids                = ["subnet-1", "subnet-2"]
  client_security_group_ids = { functions = "sg-1" }
}

run "private_and_tls_only" {
  module {
    source = "./modules/sqlserver"
  }

  assert {
    condition     = !aws_db_instance.this.publicly_accessible && aws_db_instance.this.db_subnet_group_name == aws_db_subnet_group.this.name
    error_message = "It can be reached from outside."
  }

  assert {
    condition     = one(aws_db_parameter_group.this.parameter).name == "rds.force_ssl" && one(aws_db_parameter_group.this.parameter).value == "1" && aws_db_instance.this.parameter_group_name == aws_db_parameter_group.this.name
    error_message = "Connections without TLS are let in."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients["functions"].referenced_security_group_id == "sg-1" && aws_vpc_security_group_ingress_rule.clients["functions"].cidr_ipv4 == null && aws_vpc_security_group_ingress_rule.clients["functions"].to_port == 1433
    error_message = "Others than the clients' group may connect."
  }

  assert {
    condition     = output.place == "sqlserver://plants.mock.eu-west-2.rds.amazonaws.com:1433"
    error_message = "The place is not the server's."
  }
}

run "nobody_knows_the_password" {
  module {
    source = "./modules/sqlserver"
  }

  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null && length(aws_secretsmanager_secret_rotation.this) == 0
    error_message = "The password is not RDS's own, or its rotation is not."
  }
}

run "what_is_kept" {
  module {
    source = "./modules/sqlserver"
  }

  variables {
    edition       = "se"
    rotation_days = 1
  }

  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.backup_retention_period == 7 && aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot
    error_message = "Storage is not encrypted, or the data can go without a trace."
  }

  assert {
    condition     = aws_db_instance.this.engine == "sqlserver-se" && aws_db_parameter_group.this.family == "sqlserver-se-16.0"
    error_message = "Engine and parameters are of different editions."
  }

  assert {
    condition     = one(aws_secretsmanager_secret_rotation.this[0].rotation_rules).automatically_after_days == 1
    error_message = "The password is not changed when it should be."
  }
}

run "refuses_what_rds_would" {
  command = plan

  module {
    source = "./modules/sqlserver"
  }

  variables {
    name        = "A name that is long"
    subnet_ids  = ["subnet-1"]
    edition     = "developer"
    storage_gib = 5
    username    = "sa"
    backup_days = 0
  }

  expect_failures = [var.name, var.subnet_ids, var.edition, var.storage_gib, var.username, var.backup_days]
}
