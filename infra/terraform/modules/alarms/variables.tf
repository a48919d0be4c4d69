variable "name" {
  description = "Name of the system: of topic, dashboard, and the namespace of what is counted in logs"
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "The name has up to 64 letters, digits, hyphens and underscores."
  }
}

variable "emails" {
  description = "Who is told by mail; each has to confirm once"
  type        = list(string)
  default     = []
}

variable "functions" {
  description = "Functions to watch, each under a name of your own. Rejects count within an hour; `duration_share` is of the timeout"
  type = map(object({
    function_name               = string
    log_group_name              = string
    pipeline                    = string
    timeout_seconds             = number
    last_success_within_minutes = number
    errors_above                = optional(number, 0)
    throttles_above             = optional(number, 5)
    rejects_above               = optional(number, 0)
    duration_share              = optional(number, 0.9)
  }))

  validation {
    condition     = alltrue([for function in values(var.functions) : function.last_success_within_minutes >= 1 && function.last_success_within_minutes <= 10080])
    error_message = "An alarm of CloudWatch looks back for 1 to 10,080 minutes (7 days)."
  }

  validation {
    condition     = alltrue([for function in values(var.functions) : function.duration_share > 0 && function.duration_share < 1])
    error_message = "The share of the timeout is above 0 and below 1."
  }
}

variable "queues" {
  description = "Queues to watch, and how long a message may wait in them"
  type        = map(object({ queue_name = string, oldest_message_seconds = number }))
  default     = {}
}

variable "dead_letter_queues" {
  description = "Names of queues that are to be empty, each under a name of your own"
  type        = map(string)
  default     = {}
}
