npx millrace bundle population.ts                # population.zip, with all that the pipeline needs
npx millrace bundle worldbank --connectors s3    # worldbank.zip, for buckets only
