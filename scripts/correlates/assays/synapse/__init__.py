"""The immune synapse: conjugates of T cells and B cells under the microscope."""
