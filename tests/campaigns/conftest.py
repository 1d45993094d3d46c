from tests.portal.conftest import agent_client, app, client, marketer_client

__all__ = ["agent_client", "app", "client", "marketer_client"]
