CREATE USER [millrace] FOR LOGIN [millrace];
ALTER ROLE [db_datareader] ADD MEMBER [millrace];
ALTER ROLE [db_datawriter] ADD MEMBER [millrace];
ALTER ROLE [db_ddladmin] ADD MEMBER [millrace];
