// adapters/store_sqlite/test_faulty_disk.h — for tests: a disk that fails when it is told to: SQLite's own, with a hand on writes and
// syncs.
// Threads  any
#pragma once
#include <sqlite3.h>

#include <atomic>

namespace gatehouse::adapters {

class FaultyDisk {
 public:
  enum class Lasts { once, until_repaired };

  // Files that are opened from now on lie on it. They are closed before it goes.
  FaultyDisk() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
    vfs_.zName = "faulty";
    vfs_.pNext = nullptr;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.pAppData = this;
    vfs_.xOpen = &open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~FaultyDisk() { sqlite3_vfs_unregister(&vfs_); }
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // The write or sync after so many others fails with this code; what follows it, too, where it lasts.
  void arm(int others, int code, Lasts lasts) {
    repair();
    code_ = code;
    lasts_ = lasts == Lasts::until_repaired;
    left_ = others;
    armed_ = true;
  }
  void repair() {
    armed_ = false;
    failed_ = false;
  }
  // Since it was armed.
  bool failed() const { return failed_; }

 private:
  // What SQLite sees as the file; the real one lies behind it.
  struct File {
    sqlite3_file base;
    FaultyDisk* disk;
    sqlite3_io_methods methods;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };
  static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
  template <auto Method, class... Arguments>
  static int pass(sqlite3_file* file, Arguments... arguments) {
    sqlite3_file* real = of(file).real();
    return (real->pMethods->*Method)(real, arguments...);
  }
  template <auto Method, class... Arguments>
  static int pass_or_fail(sqlite3_file* file, Arguments... arguments) {
    const int code = of(file).disk->next();
    return code != SQLITE_OK ? code : pass<Method>(file, arguments...);
  }
  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* disk = static_cast<FaultyDisk*>(vfs->pAppData);
    File& faulty = of(file);
    faulty.disk = disk;
    faulty.base.pMethods = nullptr;
    const int code = disk->real_->xOpen(disk->real_, name, faulty.real(), flags, out_flags);
    if (faulty.real()->pMethods == nullptr) return code;
    using M = sqlite3_io_methods;
    faulty.methods = {
        .iVersion = 2,  // no memory mapping
        .xClose = &pass<&M::xClose>,
        .xRead = &pass<&M::xRead>,
        .xWrite = &pass_or_fail<&M::xWrite>,
        .xTruncate = &pass<&M::xTruncate>,
        .xSync = &pass_or_fail<&M::xSync>,
        .xFileSize = &pass<&M::xFileSize>,
        .xLock = &pass<&M::xLock>,
        .xUnlock = &pass<&M::xUnlock>,
        .xCheckReservedLock = &pass<&M::xCheckReservedLock>,
        .xFileControl = &pass<&M::xFileControl>,
        .xSectorSize = &pass<&M::xSectorSize>,
        .xDeviceCharacteristics = &pass<&M::xDeviceCharacteristics>,
        .xShmMap = &pass<&M::xShmMap>,
        .xShmLock = &pass<&M::xShmLock>,
        .xShmBarrier =
            [](sqlite3_file* f) {
              sqlite3_file* real = of(f).real();
              real->pMethods->xShmBarrier(real);
            },
        .xShmUnmap = &pass<&M::xShmUnmap>,
        .xFetch = nullptr,
        .xUnfetch = nullptr,
    };
    faulty.base.pMethods = &faulty.methods;
    return code;
  }
  int next() {
    if (!armed_ || left_-- > 0) return SQLITE_OK;
    if (failed_ && !lasts_) return SQLITE_OK;
    failed_ = true;
    return code_;
  }

  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  std::atomic<bool> armed_{false}, failed_{false}, lasts_{false};
  std::atomic<int> left_{0}, code_{SQLITE_OK};
};

}  // namespace gatehouse::adapters
