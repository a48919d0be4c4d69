variable "name" {
  description = "Name of the queue, without `.fifo`; the one for dead letters is named after it"
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,62}$", var.name))
    error_message = "A queue's name has up to 62 letters, digits, hyphens and underscores here."
  }
}

variable "function_arn" {
  description = "ARN of the function's alias"
  type        = string
}

variable "function_role_name" {
  description = "Name of the function's role, which is to take messages"
  type        = string
}

variable "function_timeout_seconds" {
  description = "The function's timeout: a message stays hidden for six times as long"
  type        = number

  validation {
    condition     = var.function_timeout_seconds >= 1 && var.function_timeout_seconds <= 900
    error_message = "Lambda's timeouts are 1 to 900 seconds."
  }
}

variable "fifo" {
  description = "Whether messages of a group keep their order"
  type        = bool
  default     = false
}

variable "batch_size" {
  description = "Messages of one invocation. They run one after the other, so all of them have to fit into its timeout"
  type        = number
  default     = 1

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10
    error_message = "From 1 to 10 messages."
  }
}

variable "batching_window_seconds" {
  description = "How long to wait for a batch to fill; FIFO queues do not wait"
  type        = number
  default     = 0

  validation {
    condition     = var.batching_window_seconds >= 0 && var.batching_window_seconds <= 300
    error_message = "From 0 to 300 seconds."
  }
}

variable "max_concurrency" {
  description = "Invocations at once for this queue, 2 or more; null leaves it to the function's own reservation"
  type        = number
  default     = null

  validation {
    condition     = var.max_concurrency == null || coalesce(var.max_concurrency, 2) >= 2
    error_message = "SQS starts 2 invocations at once or more. For one at a time reserve a concurrency of 1 for the function."
  }
}

variable "max_receives" {
  description = "How often a message comes before it is a dead letter. One that is turned away because another load runs counts too"
  type        = number
  default     = 10

  validation {
    condition     = var.max_receives >= 5
    error_message = "Five times at least, or throttled messages end as dead letters."
  }
}

variable "retention_seconds" {
  description = "How long a message waits"
  type        = number
  default     = 345600

  validation {
    condition     = var.retention_seconds >= 60 && var.retention_seconds <= 1209600
    error_message = "From 60 to 1,209,600 seconds (14 days)."
  }
}

variable "senders" {
  description = "Who besides this account's own roles sends here: `sns`, `s3` or `events`, each with the ARN of its topic, bucket or rule"
  type        = list(object({ service = string, arn = string }))
  default     = []

  validation {
    condition     = alltrue([for sender in var.senders : contains(["sns", "s3", "events"], sender.service)])
    error_message = "A sender's service is sns, s3 or events."
  }

  validation {
    condition     = alltrue([for sender in var.senders : can(regex("^arn:[^*?]+$", sender.arn))])
    error_message = "A sender is one topic, bucket or rule: its ARN, without wildcards."
  }
}

variable "takes_hand_ons" {
  description = "Whether the function may send here what is left of a load at its deadline (`sendToQueue(url)`); the function needs `hands_on_by_queue`"
  type        = bool
  default     = false
}
