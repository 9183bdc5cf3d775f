"""The workbench as a web application: Streamlit behind security headers. Started by ``fortuit serve``."""

from workbench.server import create

app = create()
