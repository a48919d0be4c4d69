npx millrace bundle population.ts --connectors s3
npx millrace iam population.ts --to s3://example-population/out > policy.json
