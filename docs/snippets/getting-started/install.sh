npm install @millrace/etl-core @millrace/formats @millrace/objects @millrace/source-worldbank zod
npm install @millrace/cli @millrace/lambda   # the command, the Lambda handler
