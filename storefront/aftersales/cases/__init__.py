"""Cases: what a buyer says about a delivery, who answers, and how it ends; bank disputes too."""
