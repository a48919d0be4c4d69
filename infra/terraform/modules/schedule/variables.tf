variable "name" {
  description = "Name of the schedule; its role is named after it"
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{1,55}$", var.name))
    error_message = "A schedule's name has up to 55 letters, digits, hyphens, dots and underscores."
  }
}

variable "function_arn" {
  description = "ARN of the function's alias"
  type        = string
}

variable "dead_letter_queue_arn" {
  description = "ARN of the queue for events that the function did not take"
  type        = string
}

variable "expression" {
  description = "When: `rate(1 hour)`, `cron(0 6 * * ? *)`, `at(2026-06-01T08:00:00)`"
  type        = string

  validation {
    condition     = can(regex("^(rate|cron|at)\\(.+\\)$", var.expression))
    error_message = "A schedule is rate(...), cron(...) or at(...)."
  }
}

variable "time_zone" {
  description = "Zone that the expression's times are in"
  type        = string
  default     = "UTC"
}

variable "params" {
  description = "Parameters of the pipeline. The identity of the load is added"
  type        = any
  default     = {}

  validation {
    condition     = can(keys(var.params)) && !can(var.params.millrace)
    error_message = "Parameters are an object, and `millrace` is taken."
  }
}

variable "enabled" {
  description = "Whether it runs"
  type        = bool
  default     = true
}

variable "max_retry_attempts" {
  description = "How often Scheduler offers an event again that Lambda did not take"
  type        = number
  default     = 3

  validation {
    condition     = var.max_retry_attempts >= 0 && var.max_retry_attempts <= 185
    error_message = "Scheduler offers an event again 0 to 185 times."
  }
}

variable "max_event_age_seconds" {
  description = "How long it offers it"
  type        = number
  default     = 3600

  validation {
    condition     = var.max_event_age_seconds >= 60 && var.max_event_age_seconds <= 86400
    error_message = "From 60 to 86,400 seconds (a day)."
  }
}
