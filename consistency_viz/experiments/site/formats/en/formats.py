"""24 hours, to the second: runs follow each other closely, and "12:13 p.m." is read twice."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i:s"
DATETIME_FORMAT = "j M Y, H:i:s"
