"""qPCR files of any kind as one table: sheets, text exports of instruments, RDML."""
