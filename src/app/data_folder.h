// app/data_folder.h — a data folder, opened: its lock, its keys, its store, and who there is. A server has one, and so has a command where
// no server runs.
// Threads  open() and the end block; what it gives is for any reactor
// Errors   data_in_use, data_not_initialised, those of identity/init.h, and of the store when it is opened → operator
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "gatehouse/adapters/store_sqlite/sqlite_store.h"
#include "gatehouse/identity/data_lock.h"
#include "gatehouse/identity/house.h"
#include "settings.h"

namespace gatehouse::app {

// DATA/control.sock.
std::string control_socket_of(const std::string& data);
// data_not_initialised, with what to do, where there is no store.
Status must_be_initialised(const std::string& data);

// Told what is shown once, when the folder is new.
using OnFirstStart = std::function<void(const identity::FirstStart&)>;

class DataFolder {
 public:
  // A new folder is initialised where on_first_start is given, and refused where it is not.
  static Result<std::unique_ptr<DataFolder>> open(const std::string& data, const Settings& settings, const OnFirstStart& on_first_start,
                                                  telemetry::Metrics* metrics = nullptr);

  // The same, and waits some seconds for a command that has the folder; data_in_use at once where a server has it and answers.
  static Result<std::unique_ptr<DataFolder>> open_in_turn(const std::string& data, const Settings& settings,
                                                          const OnFirstStart& on_first_start, telemetry::Metrics* metrics = nullptr);

  identity::House& house() { return *house_; }
  store::Store& store() { return *store_; }

 private:
  DataFolder(identity::DataLock lock, std::unique_ptr<adapters::SqliteStore> store, const identity::PasswordOptions& passwords)
      : lock_(std::move(lock)), store_(std::move(store)), passwords_(passwords, random_) {}
  Status move_in(const identity::MasterKey& master, const Settings& settings, const OnFirstStart& on_first_start);

  SystemClock clock_;
  SystemRandom random_;
  const identity::DataLock lock_;
  const std::unique_ptr<adapters::SqliteStore> store_;
  std::string data_, instance_;
  identity::Passwords passwords_;
  std::unique_ptr<identity::House> house_;
};

}  // namespace gatehouse::app
