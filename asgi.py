"""The workbench as a web application: Streamlit behind security headers. Started by ``fortuit serve``.

Streamlit looks for the words ``st.App`` in this file, so the application is made here and not in a function.
"""

import streamlit as st
from starlette.middleware import Middleware

from workbench.server import ROOT, SecurityHeaders, refuse_unsafe_settings

refuse_unsafe_settings()
app = st.App(str(ROOT / "app.py"), middleware=[Middleware(SecurityHeaders)])
