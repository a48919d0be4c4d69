CREATE TABLE [dbo].[plant] (
  [plant_id] BIGINT IDENTITY(1,1) NOT NULL PRIMARY KEY,
  [no] INT NOT NULL,
  [name] NVARCHAR(100) NOT NULL,
  [note] NVARCHAR(MAX) NULL,
  [valid_from] DATETIME2(3) NOT NULL,
  [valid_until] DATETIME2(3) NULL,
  UNIQUE ([no], [valid_from])
);

IF SCHEMA_ID(N'archive') IS NULL EXEC(N'CREATE SCHEMA [archive]');

CREATE TABLE [archive].[reading] (
  [at] DATETIME2(3) NOT NULL,
  [moisture] FLOAT NULL,
  [plant_id] BIGINT NOT NULL,
  PRIMARY KEY ([plant_id], [at]),
  FOREIGN KEY ([plant_id]) REFERENCES [dbo].[plant] ([plant_id])
);
