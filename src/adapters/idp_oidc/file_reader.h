// A key set in a file, which an operator or a secret store replaces now and then.
// Errors   jwks_file_unreadable, jwks_file_exposed, jwks_too_large (operator)
#pragma once
#include <filesystem>
#include <utility>

#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/worker_pool.h"
#include "key_set_reader.h"

namespace gatehouse::adapters {

class FileReader final : public KeySetReader {
 public:
  FileReader(Reactor& reactor, WorkerPool& files, std::filesystem::path path) : reactor_(reactor), files_(files), path_(std::move(path)) {}
  Task<Result<KeySetText>> read() override;
  void give_up() override {}
  RetryPauses pauses() const override { return {look_every, look_every}; }

 private:
  static constexpr seconds look_every{5};
  Reactor& reactor_;
  WorkerPool& files_;
  const std::filesystem::path path_;
};

// A regular file that not everybody may write to, of at most that size.
Result<std::string> read_small_file(Worker& worker, const std::filesystem::path& path, std::size_t most);

}  // namespace gatehouse::adapters
