"""People: registered, logged in, refreshed, logged out; their passwords and sessions; and who guesses."""

import json

import pytest
from house import House, command, events, eventually, run

PASSWORD = "a horse of another colour"
ANOTHER = "another horse, another colour"
GRACE = 2  # seconds, so that a test may wait for its end


class Town(House):
    def __init__(self, folder):
        super().__init__(folder / "data", folder / "log")
        self.file = folder / "g.toml"

    def start(self):
        return super().start("--config", str(self.file))


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A server with a short grace; people with names of their own leave one another alone."""
    folder = tmp_path_factory.mktemp("town")
    (folder / "g.toml").write_text(f'[auth]\nrefresh_grace = "{GRACE}s"\n')
    house = Town(folder).start()
    yield house
    house.kill()


def town_with(new_house, tmp_path, text):
    (tmp_path / "g.toml").write_text(text)
    return new_house("--config", tmp_path / "g.toml")


def post(house, path, body, token=None, agent="phone"):
    headers = {"User-Agent": agent} | ({"Authorization": f"Bearer {token}"} if token else {})
    return house.ask("POST", path, body, headers)


def register(house, name, **more):
    return post(house, "/api/auth/register", {"username": name, "email": f"{name}@example.org", "password": PASSWORD, **more})


def log_in(house, name, password=PASSWORD, agent="phone"):
    answer = post(house, "/api/auth/login", {"username": name, "password": password}, agent=agent)
    assert answer.status == 200, answer.body
    return answer.json()


def refresh(house, token, agent="phone"):
    return post(house, "/api/auth/refresh", {"refresh_token": token}, agent=agent)


def me(house, token):
    return house.ask("GET", "/api/auth/me", headers={"Authorization": f"Bearer {token}"})


def message(reply):
    return reply.json()["error"]["message"]


def test_somebody_registers_works_and_leaves(town):
    made = register(town, "ada", is_active=True, is_superuser=False)
    assert made.status == 200
    shown = made.json()
    assert {"id", "username", "email", "is_active", "is_superuser", "created_at", "updated_at", "tenant_id", "role"} <= set(shown)
    assert (shown["tenant_id"], shown["role"], shown["is_superuser"]) == ("demo", "member", False) and "password" not in made.body.decode()
    assert (register(town, "Ada").status, message(register(town, "Ada"))) == (400, "Username already registered")
    taken = post(town, "/api/auth/register", {"username": "ada2", "email": "ADA@example.org", "password": PASSWORD})
    assert (taken.status, message(taken)) == (400, "Email already registered")
    assert (register(town, "eve", is_superuser=True).status, message(register(town, "eve", is_superuser=True))) == (403, "Not enough permissions")
    weak = post(town, "/api/auth/register", {"username": "eve", "email": "eve@example.org", "password": "iloveyou"})
    assert weak.status == 422 and weak.json()["error"]["details"][0]["path"] == "/password"

    form = town.ask("POST", "/token", b"username=ada&password=" + PASSWORD.replace(" ", "+").encode(), {"Content-Type": "application/x-www-form-urlencoded"})
    assert form.status == 200 and form.json()["refresh_token"]
    begun = log_in(town, "ada")
    assert begun["token_type"] == "bearer" and begun["expires_in"] == 1800
    assert me(town, begun["access_token"]).json()["id"] == shown["id"]
    answer = town.ask("POST", "/api/llm/generate", {"prompt": "Hi", "max_tokens": 1}, {"Authorization": f"Bearer {begun['access_token']}"})
    assert answer.status == 200, answer.body
    next_one = refresh(town, begun["refresh_token"]).json()
    assert me(town, next_one["access_token"]).status == 200
    assert post(town, "/api/auth/logout", None, next_one["access_token"]).status == 204
    for token in begun["access_token"], next_one["access_token"]:
        assert (me(town, token).status, message(me(town, token))) == (401, "Token has been revoked")
    assert refresh(town, next_one["refresh_token"]).status == 401
    wrong = post(town, "/api/auth/login", {"username": "ada", "password": "not the password"})
    assert (wrong.status, message(wrong)) == (401, "Incorrect username or password") and wrong.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("first, second", [("phone", "thief"), ("thief", "phone")])
def test_two_clients_with_one_token_end_the_session(town, first, second):
    register(town, f"two-{first}")
    begun, other = log_in(town, f"two-{first}"), log_in(town, f"two-{first}", agent="laptop")
    moved = refresh(town, begun["refresh_token"], first)
    assert moved.status == 200
    reused = refresh(town, begun["refresh_token"], second)
    assert (reused.status, message(reused)) == (401, "Token has been revoked")
    for token in begun["refresh_token"], moved.json()["refresh_token"]:
        for agent in "phone", "thief":
            assert refresh(town, token, agent).status == 401
    assert me(town, moved.json()["access_token"]).status == 401
    assert me(town, other["access_token"]).status == 200, "another session goes on"


def test_the_same_client_is_answered_the_same_for_a_moment(town):
    register(town, "hasty")
    begun = log_in(town, "hasty")
    children = {refresh(town, begun["refresh_token"]).json()["refresh_token"] for _ in range(3)}
    assert len(children) == 1
    eventually(lambda: refresh(town, begun["refresh_token"]).status == 401, what="the end of the grace")
    assert refresh(town, children.pop()).status == 401, "and of the session"


def test_sessions_are_seen_and_ended_by_their_owner(town):
    for name in "seen", "unseen":
        register(town, name)
    phone, laptop, theirs = log_in(town, "seen"), log_in(town, "seen", agent="laptop"), log_in(town, "unseen")

    def sessions(token):
        return town.ask("GET", "/api/auth/sessions", headers={"Authorization": f"Bearer {token}"}).json()["data"]

    shown = sessions(phone["access_token"])
    assert {(one["user_agent"], one["current"]) for one in shown} == {("phone", True), ("laptop", False)}
    assert all(one["address"] == "127.0.0.1" and one["expires_at"] > one["created_at"] for one in shown)

    def end(identity):
        return town.ask("DELETE", f"/api/auth/sessions/{identity}", headers={"Authorization": f"Bearer {phone['access_token']}"})

    foreign, missing = end(sessions(theirs["access_token"])[0]["id"]), end("0" * 32)
    assert foreign.status == missing.status == 404 and message(foreign) == message(missing)
    assert me(town, theirs["access_token"]).status == 200
    assert end(next(one["id"] for one in shown if not one["current"])).status == 204
    assert me(town, laptop["access_token"]).status == 401 and me(town, phone["access_token"]).status == 200
    assert refresh(town, laptop["refresh_token"], "laptop").status == 401


def test_a_new_password_logs_out_everywhere_else(town):
    register(town, "careful")
    here, there = log_in(town, "careful"), log_in(town, "careful", agent="laptop")
    wrong = post(town, "/api/auth/password", {"current_password": "not the password", "new_password": ANOTHER}, here["access_token"])
    assert wrong.status == 422 and wrong.json()["error"]["details"][0]["path"] == "/current_password"
    assert post(town, "/api/auth/password", {"current_password": PASSWORD, "new_password": ANOTHER}, here["access_token"]).status == 204
    assert me(town, here["access_token"]).status == 200 and me(town, there["access_token"]).status == 401
    log_in(town, "careful", ANOTHER)


def test_an_administrator_resets_a_password_without_knowing_it(town):
    register(town, "forgetful")
    before = log_in(town, "forgetful")
    ticket = command(town, "user", "reset", "forgetful", "--expires", "1h")["reset_token"]
    assert post(town, "/api/auth/reset", {"token": ticket, "new_password": "iloveyou"}).status == 422
    assert post(town, "/api/auth/reset", {"token": ticket, "new_password": ANOTHER}).status == 204
    assert post(town, "/api/auth/reset", {"token": ticket, "new_password": PASSWORD}).status == 400
    assert me(town, before["access_token"]).status == 401
    log_in(town, "forgetful", ANOTHER)
    assert post(town, "/api/auth/login", {"username": "forgetful", "password": PASSWORD}).status == 401


def test_who_is_switched_off_stops_at_once(town):
    user = register(town, "gone").json()
    begun = log_in(town, "gone")
    key = command(town, "key", "create", "--tenant", "demo", "--user", user["id"], "--name", "theirs")["key"]
    ask = {"max_tokens": 1000, "messages": [{"role": "user", "content": "Tell me a long story."}]}
    with town.stream("/v1/chat/completions", ask, headers={"Authorization": f"Bearer {begun['access_token']}"}) as answer:
        running = events(answer)
        next(running)
        assert command(town, "user", "disable", "gone")["is_active"] is False
        assert "Inactive user" in list(running)[-1]
    for credential in begun["access_token"], key:
        assert (me(town, credential).status, message(me(town, credential))) == (403, "Inactive user")
    assert refresh(town, begun["refresh_token"]).status == 401
    refused = post(town, "/api/auth/login", {"username": "gone", "password": PASSWORD})
    assert (refused.status, message(refused)) == (403, "Inactive user")
    command(town, "user", "enable", "gone")
    assert me(town, key).status == 200 and me(town, begun["access_token"]).status == 401
    assert me(town, log_in(town, "gone")["access_token"]).status == 200


def test_who_is_deleted_leaves_nothing_that_works(town):
    user = register(town, "leaver").json()
    begun = log_in(town, "leaver")
    key = command(town, "key", "create", "--tenant", "demo", "--user", user["id"], "--name", "theirs")
    ticket = command(town, "user", "reset", "leaver")["reset_token"]
    assert me(town, key["key"]).status == 200
    command(town, "user", "delete", "leaver")
    assert me(town, begun["access_token"]).status == me(town, key["key"]).status == 401
    assert refresh(town, begun["refresh_token"]).status == 401
    assert post(town, "/api/auth/login", {"username": "leaver", "password": PASSWORD}).status == 401
    assert post(town, "/api/auth/reset", {"token": ticket, "new_password": ANOTHER}).status == 400
    command(town, "user", "show", "leaver", code=1)
    command(town, "user", "delete", "leaver", code=1)
    assert next(one for one in command(town, "key", "list", "--tenant", "demo") if one["id"] == key["id"])["revoked_at"]
    # Whoever has the name next is somebody else.
    again = register(town, "leaver").json()
    assert again["id"] != user["id"] and me(town, log_in(town, "leaver")["access_token"]).json()["id"] == again["id"]
    for credential in begun["access_token"], key["key"]:
        assert me(town, credential).status == 401
    assert town.stop() == 0
    town.start()
    for credential in begun["access_token"], key["key"]:
        assert me(town, credential).status == 401, "after a restart, too"


def test_who_guesses_has_to_wait_and_is_not_locked_out(town):
    register(town, "guessed")
    for name in "guessed", "not-there":
        tried = [post(town, "/api/auth/login", {"username": name, "password": f"guess {number}"}) for number in range(5)]
        tried.append(post(town, "/api/auth/login", {"username": name, "password": PASSWORD}))
        assert [one.status for one in tried] == [401] * 5 + [429], f"{name}: even the right one waits"
        assert tried[5].headers["Retry-After"] == "1" and "Too many wrong passwords" in message(tried[5])
    eventually(lambda: post(town, "/api/auth/login", {"username": "guessed", "password": PASSWORD}).status == 200, what="the end of the wait")
    assert post(town, "/api/auth/login", {"username": "guessed", "password": "guess"}).status == 401, "and is forgotten"


def test_users_from_the_command_line(town):
    made = command(town, "user", "create", "clerk", "--tenant", "demo", "--email", "clerk@example.org")
    assert (made["username"], made["role"], made["email"]) == ("clerk", "member", "clerk@example.org")
    log_in(town, "clerk", made["password"])
    assert "password" not in command(town, "user", "show", "clerk")
    assert command(town, "user", "show", made["id"])["username"] == "clerk"
    assert "clerk" in {one["username"] for one in command(town, "user", "list", "--tenant", "demo")}
    assert "password" not in command(town, "user", "set-password", "clerk", "--password-stdin", stdin=ANOTHER.encode() + b"\n")
    begun = log_in(town, "clerk", ANOTHER)
    assert command(town, "user", "set-role", "clerk", "tenant-admin")["role"] == "tenant-admin"
    assert me(town, begun["access_token"]).status == 401, "what was issued for another role"
    assert refresh(town, begun["refresh_token"]).status == 401, "who is more logs in again"
    chief = log_in(town, "clerk", ANOTHER)
    assert town.ask("GET", "/api/admin/users", headers={"Authorization": f"Bearer {chief['access_token']}"}).status == 200
    assert command(town, "user", "set-role", "clerk", "member")["role"] == "member"
    again = refresh(town, chief["refresh_token"]).json()
    assert town.ask("GET", "/api/admin/users", headers={"Authorization": f"Bearer {again['access_token']}"}).status == 403
    command(town, "user", "logout", "clerk")
    assert me(town, again["access_token"]).status == 401
    assert command(town, "user", "create", "chief", "--role", "platform-admin")["tenant_id"] == "system"
    for wrong in ["create", "clerk", "--tenant", "demo"], ["create", "x2y", "--tenant", "nobody"], ["show", "nobody"], ["disable", ""], ["set-role", "clerk", "root"]:
        command(town, "user", *wrong, code=1)
    weak = run("user", "create", "weak", "--password-stdin", "--data", town.data, stdin=b"iloveyou\n")
    assert weak.returncode == 1 and b"tried first" in weak.stderr and b"iloveyou" not in weak.stderr
    # What a name looks like does not decide whom a command is about.
    command(town, "user", "create", made["id"], "--tenant", "demo")
    assert command(town, "user", "show", made["id"])["username"] == "clerk"


def test_passwords_come_along_from_elsewhere(town):
    known = b"$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK\n"  # of U*U*, a vector of crypt_blowfish
    command(town, "user", "create", "mover", "--tenant", "demo", "--password-hash-stdin", stdin=known)
    assert post(town, "/api/auth/login", {"username": "mover", "password": "U*U"}).status == 401
    log_in(town, "mover", "U*U*")
    log_in(town, "mover", "U*U*")


def test_what_was_begun_and_ended_stays_so_over_a_restart(town):
    for name in "lasting", "resting":
        register(town, name)
    begun, used = log_in(town, "lasting"), log_in(town, "resting")
    next_one = refresh(town, used["refresh_token"]).json()
    command(town, "user", "create", "sleeper", "--tenant", "demo", "--password-stdin", stdin=PASSWORD.encode())
    asleep = log_in(town, "sleeper")
    assert town.stop() == 0
    command(town, "user", "disable", "sleeper")
    town.start()
    assert (me(town, asleep["access_token"]).status, message(me(town, asleep["access_token"]))) == (403, "Inactive user")
    again = refresh(town, begun["refresh_token"])
    assert again.status == 200 and me(town, again.json()["access_token"]).status == 200
    assert refresh(town, used["refresh_token"], "thief").status == 401
    assert refresh(town, next_one["refresh_token"]).status == 401 and me(town, next_one["access_token"]).status == 401


def test_registering_is_closed_where_it_is_not_open(new_house, tmp_path):
    house = town_with(new_house, tmp_path, '[auth]\nregister_tenant = "tenant-001"\n')
    command(house, "tenant", "register", "tenant-001")
    refused = register(house, "ada")
    assert (refused.status, refused.json()["error"]["type"]) == (403, "registration_closed")
    invited = command(house, "user", "invite", "--tenant", "tenant-001")["invitation"]
    assert register(house, "ada", invitation=invited).status == 403
    command(house, "user", "create", "ada", "--tenant", "tenant-001", "--password-stdin", stdin=PASSWORD.encode())
    assert me(house, log_in(house, "ada")["access_token"]).json()["tenant_id"] == "tenant-001"


def test_who_is_invited_comes_to_the_tenant_that_invites(new_house, tmp_path):
    house = town_with(new_house, tmp_path, '[auth]\nregister = "invitation"\n')
    command(house, "tenant", "register", "tenant-001")
    assert register(house, "ada").status == 403
    invited = command(house, "user", "invite", "--tenant", "tenant-001", "--role", "tenant-admin", "--email", "ada@example.org")["invitation"]
    assert register(house, "eve", invitation=invited).status == 400, "it is for another address"
    made = register(house, "ada", invitation=invited)
    assert made.status == 200 and (made.json()["tenant_id"], made.json()["role"]) == ("tenant-001", "tenant-admin")
    assert register(house, "bob", invitation=invited).status == 400


def test_invitations_are_listed_and_taken_back(new_house, tmp_path):
    house = town_with(new_house, tmp_path, '[auth]\nregister = "invitation"\n')
    command(house, "tenant", "register", "tenant-001")
    made = [command(house, "user", "invite", "--tenant", tenant) for tenant in ("tenant-001", "demo")]
    listed = command(house, "user", "invitations", "--tenant", "tenant-001")
    assert [one["id"] for one in listed] == [made[0]["id"]] and made[0]["invitation"] not in json.dumps(listed)
    assert len(command(house, "user", "invitations")) == 2
    command(house, "user", "withdraw", made[0]["id"])
    assert command(house, "user", "invitations", "--tenant", "tenant-001") == []
    assert register(house, "ada", invitation=made[0]["invitation"]).status == 400
    assert register(house, "ada", invitation=made[1]["invitation"]).status == 200


def test_tokens_that_set_a_password_are_listed_and_taken_back(new_house, tmp_path):
    house = town_with(new_house, tmp_path, "")
    for name in ("ada", "bob"):
        command(house, "user", "create", name)
    made = {name: command(house, "user", "reset", name) for name in ("ada", "bob")}
    listed = command(house, "user", "resets", "--tenant", "demo")
    assert {one["id"] for one in listed} == {one["id"] for one in made.values()}
    assert not any(one["reset_token"] in json.dumps(listed) for one in made.values())
    command(house, "user", "withdraw-reset", made["ada"]["id"])
    assert [one["id"] for one in command(house, "user", "resets")] == [made["bob"]["id"]]

    def set_with(name):
        return house.ask("POST", "/api/auth/reset", {"token": made[name]["reset_token"], "new_password": "a new password of mine"}, {}).status

    assert (set_with("ada"), set_with("bob")) == (400, 204)


def test_what_an_administrator_gave_ends_with_their_role(new_house, tmp_path):
    house = town_with(new_house, tmp_path, '[auth]\nregister = "invitation"\n')
    command(house, "user", "create", "chief", "--role", "tenant-admin", "--password-stdin", stdin=PASSWORD.encode())
    chief = {"Authorization": f"Bearer {log_in(house, 'chief')['access_token']}"}
    invited = [house.ask("POST", "/api/admin/invitations", {}, chief).json()["invitation"] for _ in range(2)]
    assert register(house, "ada", invitation=invited[0]).status == 200
    command(house, "user", "set-role", "chief", "member")
    assert register(house, "bob", invitation=invited[1]).status == 400


def test_a_form_of_a_login_has_bounds(town):
    for body in b"username=" + b"a" * 129 + b"&password=x", b"username=ada&password=" + b"a" * 1025:
        assert town.ask("POST", "/api/auth/login", body, {"Content-Type": "application/x-www-form-urlencoded"}).status == 422
