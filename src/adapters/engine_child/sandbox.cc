#include "gatehouse/adapters/engine_child/sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

namespace gatehouse::adapters {
namespace {

Error failed(const char* step) {
  return operator_error("sandbox_failed", std::string("the engine's sandbox: ") + step + ": " + std::strerror(errno));
}

// What a decode loop, its threads and its sockets need. No path is ever opened again; threads may be made, processes not.
constexpr int allowed_calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(dup),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(recvfrom),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(eventfd2),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(futex),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getrusage),
    SCMP_SYS(getrandom),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getcpu),
    SCMP_SYS(set_mempolicy),
    SCMP_SYS(get_mempolicy),
    SCMP_SYS(uname),
};

constexpr unsigned long arch_req_xcomp_perm = 0x1023;  // without it AMX is silently lost

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {}
  ~Filter() { seccomp_release(context_); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  void allow(int call) { bad_ |= context_ == nullptr || seccomp_rule_add(context_, SCMP_ACT_ALLOW, call, 0) != 0; }
  void allow_if(int call, unsigned argument, scmp_compare how, std::uint64_t a, std::uint64_t b = 0) {
    const scmp_arg_cmp condition{argument, how, a, b};
    bad_ |= context_ == nullptr || seccomp_rule_add_array(context_, SCMP_ACT_ALLOW, call, 1, &condition) != 0;
  }
  void answer(int call, int error) {
    bad_ |= context_ == nullptr || seccomp_rule_add(context_, SCMP_ACT_ERRNO(static_cast<unsigned>(error)), call, 0) != 0;
  }
  // On every thread of the process.
  Status install() {
    if (bad_) return failed("seccomp rules");
    if (seccomp_attr_set(context_, SCMP_FLTATR_CTL_TSYNC, 1) != 0) return failed("seccomp TSYNC");
    // By a tree instead of one after the other: with AMX, ggml makes hundreds of system calls a token.
    constexpr std::uint32_t by_tree = 2;
    if (seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, by_tree) != 0) return failed("seccomp tree");
    const int rc = seccomp_load(context_);
    errno = -rc;
    return rc == 0 ? ok() : Status(failed("seccomp_load"));
  }

 private:
  scmp_filter_ctx context_;
  bool bad_ = false;
};

Status install_filter() {
  constexpr std::uint64_t prot_exec = 4, clone_thread = 0x00010000, fionbio = 0x5421;
  Filter filter;
  for (const int call : allowed_calls) filter.allow(call);
  // Memory that is never executable: what the process runs was mapped before.
  filter.allow_if(SCMP_SYS(mmap), 2, SCMP_CMP_MASKED_EQ, prot_exec, 0);
  filter.allow_if(SCMP_SYS(mprotect), 2, SCMP_CMP_MASKED_EQ, prot_exec, 0);
  filter.allow_if(SCMP_SYS(clone), 0, SCMP_CMP_MASKED_EQ, clone_thread, clone_thread);
  filter.answer(SCMP_SYS(clone3), ENOSYS);  // its flags cannot be looked at: the C library falls back to clone
  filter.allow_if(SCMP_SYS(arch_prctl), 0, SCMP_CMP_EQ, arch_req_xcomp_perm);
  filter.allow_if(SCMP_SYS(tgkill), 0, SCMP_CMP_EQ, static_cast<std::uint64_t>(getpid()));  // abort() needs it: of its own threads only
  filter.allow_if(SCMP_SYS(prctl), 0, SCMP_CMP_EQ, PR_SET_NAME);
  filter.allow_if(SCMP_SYS(fcntl), 1, SCMP_CMP_LE, F_SETFL);
  filter.allow_if(SCMP_SYS(ioctl), 1, SCMP_CMP_EQ, fionbio);
  return filter.install();
}

Status drop_user() {
  if (geteuid() != 0) return ok();
  constexpr uid_t nobody = 65534;
  if (setgroups(0, nullptr) != 0 || setresgid(nobody, nobody, nobody) != 0 || setresuid(nobody, nobody, nobody) != 0)
    return failed("dropping root");
  return ok();
}

// Down to that; where there is less already, it stays.
Status limit(int resource, rlim_t value, const char* name) {
  rlimit both{};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &both) != 0) return failed(name);
  both.rlim_cur = both.rlim_max = std::min(both.rlim_max, value);
  return setrlimit(static_cast<__rlimit_resource>(resource), &both) == 0 ? ok() : Status(failed(name));
}

// A ruleset that handles every access to files and allows none. A kernel without Landlock says so, and seccomp stands alone.
Status forbid_files() {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  const long fd = syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes.handled_access_fs), 0);
  if (fd < 0) return errno == ENOSYS || errno == EOPNOTSUPP ? ok() : Status(failed("landlock_create_ruleset"));
  const long rc = syscall(SYS_landlock_restrict_self, fd, 0);
  close(static_cast<int>(fd));
  return rc == 0 ? ok() : Status(failed("landlock_restrict_self"));
}

}  // namespace

bool sanitizer_build() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#elif defined(__has_feature)
  return __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
  return false;
#endif
}

Status enter_sandbox(const SandboxOptions& options) {
  const pid_t parent = getppid();
  GH_CHECK(limit(RLIMIT_CORE, 0, "RLIMIT_CORE"));
  GH_CHECK(limit(RLIMIT_NOFILE, 256, "RLIMIT_NOFILE"));
  GH_CHECK(limit(RLIMIT_FSIZE, options.file_limit, "RLIMIT_FSIZE"));
  // Standard error may be a file: what is written there from here on is lost, and must not end the engine by a signal.
  if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR) return failed("SIGXFSZ");
  if (options.address_limit) {
    const auto memory = static_cast<rlim_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
    GH_CHECK(limit(RLIMIT_AS, memory, "RLIMIT_AS"));
  }
  GH_CHECK(drop_user());
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return failed("PR_SET_DUMPABLE");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("PR_SET_NO_NEW_PRIVS");
  // Changing the user clears it, so it is set behind that; the parent may have died meanwhile.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return failed("PR_SET_PDEATHSIG");
  if (getppid() != parent) return operator_error("sandbox_failed", "the engine's front is gone");
  GH_CHECK(forbid_files());
  return options.seccomp ? install_filter() : ok();
}

std::string probe_sandbox() {
  std::string out = "{";
  const auto report = [&out](const char* name, bool refused, bool last = false) {
    out += '"';
    out += name;
    out += refused ? "\":\"refused\"" : "\":\"ALLOWED\"";
    out += last ? "}" : ",";
  };
  const auto error_of = [](long rc) { return rc < 0 && (errno == EPERM || errno == EACCES || errno == ENOSYS); };
  report("openat", error_of(openat(AT_FDCWD, "/etc/hostname", O_RDONLY)));
  report("socket", error_of(socket(AF_INET, SOCK_STREAM, 0)));
  const sockaddr_un nowhere{AF_UNIX, "/run/nowhere"};
  report("connect", error_of(connect(1, reinterpret_cast<const sockaddr*>(&nowhere), sizeof nowhere)));
  char* none[] = {nullptr};
  report("execve", error_of(execve("/bin/true", none, none)));
  const pid_t child = fork();
  if (child == 0) _exit(0);
  if (child > 0) waitpid(child, nullptr, 0);  // once this process is traced, the news of its end would stop it
  report("fork", error_of(child));
  report("ptrace", error_of(syscall(SYS_ptrace, 0, 0, 0, 0)));
  report("kill", error_of(kill(getppid(), 0)));
  report("tgkill", error_of(syscall(SYS_tgkill, getppid(), getppid(), 0)));
  report("executable_memory", error_of(syscall(SYS_mmap, nullptr, 4096, 7, 0x22, -1, 0)));
  report("environment", environ == nullptr || *environ == nullptr);
  const int no_new = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
  report("new_privileges", no_new == 1 || error_of(no_new), true);
  return out;
}

}  // namespace gatehouse::adapters
