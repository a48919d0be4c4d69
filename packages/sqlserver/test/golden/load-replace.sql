CREATE TABLE [dbo].[odd ]]name] (
  [plant] INT NOT NULL,
  [name] NVARCHAR(100) NOT NULL,
  [botanist] NVARCHAR(200) NULL,
  [take]]n at] DATETIME2(3) NOT NULL,
  [moisture] FLOAT NULL,
  [price] DECIMAL(38,10) NULL,
  [big] BIGINT NOT NULL,
  [alive] BIT NOT NULL,
  [seen] DATE NOT NULL,
  [picture] VARBINARY(MAX) NULL,
  [more] NVARCHAR(MAX) NULL,
  [note] NVARCHAR(MAX) NULL,
  [_group] NVARCHAR(MAX) NOT NULL
);

IF OBJECT_ID(N'[dbo].[_millrace_groups]', N'U') IS NULL
CREATE TABLE [dbo].[_millrace_groups] (
  [target_hash] NVARCHAR(40) NOT NULL, [group_hash] NVARCHAR(40) NOT NULL, [target] NVARCHAR(MAX) NOT NULL, [group] NVARCHAR(MAX) NOT NULL,
  [load] NVARCHAR(MAX) NOT NULL, [rows] BIGINT NOT NULL, PRIMARY KEY ([target_hash], [group_hash]));

IF OBJECT_ID(N'[dbo].[_millrace_staged_0a024d3f206127041f3868a3]', N'U') IS NULL
CREATE TABLE [dbo].[_millrace_staged_0a024d3f206127041f3868a3] ([n] BIGINT IDENTITY(1,1) NOT NULL PRIMARY KEY, [split_hash] NVARCHAR(40) NOT NULL, [batch] BIGINT NOT NULL, [f0] INT NULL, [f1] NVARCHAR(100) NULL, [f2] NVARCHAR(200) NULL, [f3] DATETIME2(3) NULL, [f4] FLOAT NULL, [f5] DECIMAL(38,10) NULL, [f6] BIGINT NULL, [f7] BIT NULL, [f8] DATE NULL, [f9] VARBINARY(MAX) NULL, [f10] NVARCHAR(MAX) NULL, [f11] NVARCHAR(MAX) NULL);

INSERT INTO [dbo].[_millrace_staged_0a024d3f206127041f3868a3] ([split_hash], [batch], [f0], [f1], [f2], [f3], [f4], [f5], [f6], [f7], [f8], [f9], [f10], [f11])
SELECT N'9f273d0e521679416544391c45bb3fe14dc0772f', 7, [f0], [f1], [f2], CAST([f3] AS DATETIME2(3)), [f4], CAST([f5] AS DECIMAL(38,10)), CAST([f6] AS BIGINT), [f7], CAST([f8] AS DATE), [f9], [f10], [f11] FROM #_millrace_raw ORDER BY [seq];
