CREATE TABLE [dbo].[botanist] (
  [botanist_id] BIGINT IDENTITY(1,1) NOT NULL PRIMARY KEY,
  [name] NVARCHAR(200) NOT NULL,
  UNIQUE ([name])
);

CREATE TABLE [dbo].[plant] (
  [plant_id] BIGINT IDENTITY(1,1) NOT NULL PRIMARY KEY,
  [no] INT NOT NULL,
  [name] NVARCHAR(100) NOT NULL,
  [note] NVARCHAR(MAX) NULL,
  [botanist_id] BIGINT NULL,
  UNIQUE ([no]),
  FOREIGN KEY ([botanist_id]) REFERENCES [dbo].[botanist] ([botanist_id])
);

CREATE TABLE [dbo].[reading] (
  [at] DATETIME2(3) NOT NULL,
  [moisture] FLOAT NULL,
  [price] DECIMAL(38,10) NULL,
  [big] BIGINT NOT NULL,
  [plant_id] BIGINT NOT NULL,
  PRIMARY KEY ([plant_id], [at]),
  FOREIGN KEY ([plant_id]) REFERENCES [dbo].[plant] ([plant_id])
);

DROP VIEW [dbo].[flat];

CREATE VIEW [dbo].[flat] AS
SELECT t1.[no] AS [plant], t1.[name] AS [name], t0.[name] AS [botanist], t2.[at] AS [take]]n at], t2.[moisture] AS [moisture], t2.[price] AS [price], t2.[big] AS [big], t1.[note] AS [note]
FROM [dbo].[reading] AS t2
LEFT JOIN [dbo].[plant] AS t1 ON t1.[plant_id] = t2.[plant_id]
LEFT JOIN [dbo].[botanist] AS t0 ON t0.[botanist_id] = t1.[botanist_id];
