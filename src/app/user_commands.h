// app/user_commands.h — the commands about people. Each returns the exit code of the process.
// Rules    whom a command is about is said by name or by id; an id comes first, because names are chosen by those who have them
#pragma once
#include <cstdint>
#include <string>

#include "admin_commands.h"

namespace gatehouse::app {

// Where a secret comes from that others must not see on the command line.
enum class SecretSource : std::uint8_t { none, password, password_hash };

struct UserOptions {
  std::string name, tenant, email, role, expires;
  SecretSource secret = SecretSource::none;  // on standard input; none: a password is drawn and shown once
};
int user_create(const AdminOptions& options, const UserOptions& user);
int user_list(const AdminOptions& options, const std::string& tenant);
int user_show(const AdminOptions& options, const std::string& who);
int user_enable(const AdminOptions& options, const std::string& who, bool active);
int user_set_password(const AdminOptions& options, const std::string& who, SecretSource source);
int user_set_role(const AdminOptions& options, const std::string& who, const std::string& role);
int user_delete(const AdminOptions& options, const std::string& who);
int user_log_out(const AdminOptions& options, const std::string& who);
int user_reset(const AdminOptions& options, const std::string& who, const std::string& expires);
int user_invite(const AdminOptions& options, const UserOptions& user);
int user_invitations(const AdminOptions& options, const std::string& tenant);
// By its id.
int user_withdraw(const AdminOptions& options, const std::string& invitation);
int user_resets(const AdminOptions& options, const std::string& tenant);
int user_withdraw_reset(const AdminOptions& options, const std::string& reset);

}  // namespace gatehouse::app
