variable "name" {
  description = "Name of the function, its role, its log group and its queue"
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "A function's name has up to 64 letters, digits, hyphens and underscores."
  }
}

variable "description" {
  description = "What the function is for"
  type        = string
  default     = "A Millrace pipeline"
}

variable "package" {
  description = "Path of the zip that `millrace bundle` made"
  type        = string
}

variable "policy_json" {
  description = "What the pipeline may do: the policy that `millrace iam` prints for its places"
  type        = string

  validation {
    condition     = can(jsondecode(var.policy_json).Statement[0])
    error_message = "The policy is no JSON with statements: take what `millrace iam` prints."
  }
}

variable "handler" {
  description = "What Lambda calls: in a bundle `index.handler`"
  type        = string
  default     = "index.handler"
}

variable "runtime" {
  description = "Runtime of Lambda. `nodejs24.x` needs provider 6.19 or later; provider 5 knows none beyond `nodejs22.x`"
  type        = string
  default     = "nodejs24.x"

  validation {
    condition     = contains(["nodejs22.x", "nodejs24.x"], var.runtime)
    error_message = "The runtime is nodejs24.x, or nodejs22.x where the provider is of version 5."
  }
}

variable "architecture" {
  description = "arm64 or x86_64; a layer with native code must have the same"
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "The architecture is arm64 or x86_64."
  }
}

variable "memory_mib" {
  description = "Memory in MiB. A quarter of what is above 96 is for buffers; processor time grows with it"
  type        = number
  default     = 512

  validation {
    condition     = var.memory_mib >= 128 && var.memory_mib <= 10240
    error_message = "Lambda gives 128 to 10,240 MiB."
  }
}

variable "timeout_seconds" {
  description = "How long an invocation may take; a run stops before it"
  type        = number
  default     = 900

  validation {
    condition     = var.timeout_seconds >= 10 && var.timeout_seconds <= 900
    error_message = "From 10 seconds, as a run needs time to stop, to Lambda's 900."
  }
}

variable "environment" {
  description = "Environment variables. No secrets: the name of one, and the policy to read it"
  type        = map(string)
  default     = {}

  validation {
    condition     = !anytrue([for name in keys(var.environment) : can(regex("(?i)password|secret_access_key", name))])
    error_message = "A password has no place in the environment, which whoever may see the function reads. Give the ARN of a secret instead."
  }
}

variable "reserved_concurrency" {
  description = "Invocations at once. Loads of one pipeline run one at a time, so 1 unless they may overlap; -1 reserves none"
  type        = number
  default     = 1

  validation {
    condition     = var.reserved_concurrency == -1 || var.reserved_concurrency >= 1
    error_message = "With 0 nothing would ever run: 1 or more, or -1 for no reservation."
  }
}

variable "max_retry_attempts" {
  description = "How often Lambda tries a failed event again"
  type        = number
  default     = 2

  validation {
    condition     = var.max_retry_attempts >= 0 && var.max_retry_attempts <= 2
    error_message = "Lambda tries again 0 to 2 times."
  }
}

variable "max_event_age_seconds" {
  description = "How long an event may wait, as for its turn, before it is a dead letter"
  type        = number
  default     = 21600

  validation {
    condition     = var.max_event_age_seconds >= 60 && var.max_event_age_seconds <= 21600
    error_message = "From 60 to 21,600 seconds (6 hours)."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept"
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 days and some longer times; never for ever here."
  }
}

variable "kms_key_arn" {
  description = "KMS key for environment and logs; null are keys of AWS's own. Its policy must let CloudWatch Logs use it"
  type        = string
  default     = null
}

variable "tracing" {
  description = "Whether X-Ray traces invocations"
  type        = bool
  default     = false
}

variable "vpc" {
  description = "Subnets and security groups, for a function that reaches what is private; null is outside of any VPC"
  type        = object({ subnet_ids = list(string), security_group_ids = list(string) })
  default     = null
}

variable "hands_on" {
  description = "Whether the function invokes itself where a load passes a deadline (`millrace bundle --hand-on self`, or `invokeSelf()` in a handler of your own)"
  type        = bool
  default     = false
}

variable "hands_on_by_queue" {
  description = "Whether a load that passes a deadline goes on by a message (`millrace bundle --hand-on <url>`): Lambda's loop detection lets it. What sends the message is allowed by `takes_hand_ons` of the queue"
  type        = bool
  default     = false
}

variable "deployed_by" {
  description = "Who changes the code and moves the alias: `terraform`, or a `delivery`, which Terraform then leaves alone"
  type        = string
  default     = "terraform"

  validation {
    condition     = contains(["terraform", "delivery"], var.deployed_by)
    error_message = "Code is deployed by terraform or by a delivery."
  }
}
