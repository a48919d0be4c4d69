npx millrace iam worldbank --to s3://bucket/prefix            # the policy on stdout, what needs none on stderr
npx millrace iam worldbank --to s3://bucket/prefix --why      # also what each statement is for, on stderr
