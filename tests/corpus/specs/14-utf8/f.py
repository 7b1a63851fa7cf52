# -*- coding: utf-8 -*-
def keep(p):
    return p["größe"] == 1 or p["zeichen"].startswith("→")
