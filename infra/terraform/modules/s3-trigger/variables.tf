variable "bucket_name" {
  description = "Name of the bucket whose objects start the function"
  type        = string
}

variable "bucket_arn" {
  description = "ARN of the bucket"
  type        = string
}

variable "function_name" {
  description = "Name of the function"
  type        = string
}

variable "alias_name" {
  description = "Name of its alias"
  type        = string
}

variable "function_arn" {
  description = "ARN of the alias"
  type        = string
}

variable "filters" {
  description = "Keys that start the function, by their beginning and end; no two may overlap. A function that writes to the bucket must not start itself"
  type        = list(object({ prefix = string, suffix = optional(string, "") }))

  validation {
    condition     = length(var.filters) > 0
    error_message = "Without a filter nothing starts the function."
  }

  validation {
    condition     = alltrue([for filter in var.filters : filter.prefix != "" || filter.suffix != ""])
    error_message = "With neither prefix nor suffix the pipeline's own state would start it too."
  }
}

variable "events" {
  description = "Kinds of events of S3"
  type        = list(string)
  default     = ["s3:ObjectCreated:*"]
}
