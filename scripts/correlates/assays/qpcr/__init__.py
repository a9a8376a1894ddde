"""RT-qPCR: from wells to log2 CNRQ, with what speaks for and against each value."""
