"""The endpoint table: everything that measurements are compared with."""
