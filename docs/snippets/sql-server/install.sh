npm install @millrace/etl-core @millrace/formats @millrace/objects @millrace/schema @millrace/sqlserver zod
