"""Soluble markers: cytokines, immunoglobulins, beta-2 microglobulin."""
