// SPDX-License-Identifier: Apache-2.0
// All that the handler calls is async-signal-safe, or was made so by prepare_crash_report().
#include "core/worker/crash_report.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "core/base/symbol_table.h"

namespace manta {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasSanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
constexpr bool kHasSanitizer = true;
#else
constexpr bool kHasSanitizer = false;
#endif
#else
constexpr bool kHasSanitizer = false;
#endif

constexpr std::array<std::pair<int, const char*>, 5> kSignals = {
    {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}, {SIGABRT, "SIGABRT"}}};
constexpr std::size_t kStackBytes = std::size_t{256} << 10;  // Unwinding takes some tens of KiB.
constexpr unsigned kPatienceSeconds = 5;

// What the handlers need. They cannot be handed anything, so this is global; written before they are installed.
struct Prepared {
  std::optional<SymbolTable> symbols;
  char process_name[80] = {};
  int output_fd = -1;
  std::atomic<long> reporter{0};  // The thread that reports; 0: none.
  std::atomic<int> signal{0};     // What it reports.
};
Prepared g_prepared;

thread_local const char* t_running = nullptr;
thread_local std::size_t t_running_size = 0;

// One line of output; what does not fit is left out.
class Line {
 public:
  Line& text(const char* text, std::size_t size) {
    const std::size_t room = sizeof text_ - 1 - size_;  // For the newline.
    const std::size_t taken = std::min(size, room);
    std::memcpy(text_ + size_, text, taken);
    size_ += taken;
    return *this;
  }
  Line& text(const char* words) { return text(words, std::strlen(words)); }
  Line& number(std::uint64_t value, unsigned base = 10) {
    char digits[24];
    std::size_t at = sizeof digits;
    do {
      digits[--at] = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    return text(digits + at, sizeof digits - at);
  }
  void print() {
    text_[size_++] = '\n';
    write_all(STDERR_FILENO);
    if (is_elsewhere(g_prepared.output_fd)) write_all(g_prepared.output_fd);
  }

 private:
  void write_all(int fd) const {
    for (std::size_t written = 0; written < size_;) {
      const ssize_t count = ::write(fd, text_ + written, size_ - written);
      if (count <= 0) return;
      written += static_cast<std::size_t>(count);
    }
  }
  // User code may have turned standard error to a file: the node is to hear of the crash too.
  static bool is_elsewhere(int fd) {
    struct stat ours {};
    struct stat theirs {};
    return ::fstat(fd, &ours) == 0 &&
           (::fstat(STDERR_FILENO, &theirs) != 0 || ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev);
  }

  char text_[400];
  std::size_t size_ = 0;
};

std::uintptr_t crash_address(const void* context) {
  const auto* user = static_cast<const ucontext_t*>(context);
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(user->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return user->uc_mcontext.pc;
#else
  static_cast<void>(user);
  return 0;
#endif
}

void print_head(int signal, const siginfo_t& info) {
  Line line;
  line.text("*** signal ").number(static_cast<unsigned>(signal)).text(" (");
  for (const auto& [number, name] : kSignals)
    if (number == signal) line.text(name);
  line.text(")");
  if (info.si_code > 0 && signal != SIGABRT)
    line.text(" at address 0x").number(reinterpret_cast<std::uintptr_t>(info.si_addr), 16);
  if (t_running_size > 0) line.text(" in ").text(t_running, t_running_size);
  line.text(", ").text(g_prepared.process_name);
  line.text(" (pid ").number(static_cast<std::uint64_t>(::getpid()));
  line.text(", thread ").number(static_cast<std::uint64_t>(::syscall(SYS_gettid))).text(")").print();
}

// "    #3 function + 0x1c (/lib/libx.so)". False: what follows is the runtime, and of no interest.
bool print_frame(std::size_t number, std::uintptr_t address, bool is_call) {
  const std::uintptr_t inside = is_call ? address - 1 : address;  // A call's return address may be the next function's.
  std::optional<SymbolTable::Symbol> symbol;
  if (g_prepared.symbols) symbol = g_prepared.symbols->find(inside);
  Dl_info library{};
  const bool is_known = ::dladdr(reinterpret_cast<void*>(inside), &library) != 0;
  if (!symbol && is_known && library.dli_sname != nullptr)
    symbol = SymbolTable::Symbol{library.dli_sname, inside - reinterpret_cast<std::uintptr_t>(library.dli_saddr)};
  Line line;
  line.text("    #").number(number).text(" ");
  if (symbol) {
    line.text(symbol->name, std::min<std::size_t>(std::strlen(symbol->name), 300));
    line.text(" + 0x").number(symbol->offset + (is_call ? 1 : 0), 16);
  } else {
    line.text("0x").number(address, 16);
  }
  if (is_known && library.dli_fname != nullptr) {
    const char* slash = std::strrchr(library.dli_fname, '/');
    line.text(" (").text(slash != nullptr ? slash + 1 : library.dli_fname);
    if (!symbol) line.text(" + 0x").number(address - reinterpret_cast<std::uintptr_t>(library.dli_fbase), 16);
    line.text(")");
  }
  line.print();
  // What invokes the user's code: manta::internal::Method<...>::invoke(CallContext&) and the like.
  return !symbol || std::strstr(symbol->name, "manta8internal") == nullptr ||
         std::strstr(symbol->name, "11CallContext") == nullptr;
}

void print_backtrace(std::uintptr_t crash) {
  constexpr int kMostWalked = 64;
  constexpr std::size_t kMostPrinted = 14;
  std::array<void*, kMostWalked> frames;
  const int count = ::backtrace(frames.data(), kMostWalked);
  // The first are the handler's own.
  const auto end = frames.begin() + std::max(count, 0);
  auto frame = std::find(frames.begin(), end, reinterpret_cast<void*>(crash));
  const bool is_found = frame != end;
  if (!is_found) frame = frames.begin();
  for (std::size_t number = 0; frame != end && number < kMostPrinted; ++frame, ++number)
    if (!print_frame(number, reinterpret_cast<std::uintptr_t>(*frame), !is_found || number > 0)) return;
}

// The report got stuck, in a lock that the crashed code holds perhaps: without it, then.
void give_up(int) {
  const int signal = g_prepared.signal;
  ::signal(signal, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::raise(signal);
}

void report(int signal, siginfo_t* info, void* context) {
  long reporter = 0;
  const long self = ::syscall(SYS_gettid);
  if (!g_prepared.reporter.compare_exchange_strong(reporter, self)) {
    if (reporter == self) give_up(signal);  // The report itself has crashed.
    for (;;) ::pause();                     // Another thread reports, and ends the process when it is done.
  }
  g_prepared.signal = signal;
  struct sigaction alarm {};
  alarm.sa_handler = give_up;
  alarm.sa_flags = SA_ONSTACK;
  ::sigaction(SIGALRM, &alarm, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::alarm(kPatienceSeconds);
  print_head(signal, *info);
  print_backtrace(crash_address(context));
  ::alarm(0);
  // A fault comes again by itself, where it was, which is what a core dump should show; a signal that was sent does
  // not.
  ::signal(signal, SIG_DFL);
  if (info->si_code <= 0) ::raise(signal);  // It is blocked while its handler runs, and comes when that returns.
}

}  // namespace

void prepare_crash_report() {
  if (kHasSanitizer) return;
  void* frame = nullptr;
  ::backtrace(&frame, 1);  // The first one loads libgcc.
  std::uintptr_t load_address = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        *static_cast<std::uintptr_t*>(data) = info->dlpi_addr;
        return 1;  // The program is the first.
      },
      &load_address);
  auto symbols = SymbolTable::open("/proc/self/exe", load_address);
  if (symbols) g_prepared.symbols = *symbols;
}

void install_crash_report(std::string_view process_name, int output_fd) {
  if (kHasSanitizer) return;
  std::memcpy(g_prepared.process_name, process_name.data(),
              std::min(process_name.size(), sizeof g_prepared.process_name - 1));
  g_prepared.output_fd = output_fd;
  struct sigaction action {};
  action.sa_sigaction = report;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (const auto& [signal, name] : kSignals) {
    struct sigaction known {};
    if (::sigaction(signal, nullptr, &known) == 0 && known.sa_handler == SIG_DFL) ::sigaction(signal, &action, nullptr);
  }
}

CrashStack::CrashStack()
    : memory_(::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
  stack_t current{};
  const bool is_taken = ::sigaltstack(nullptr, &current) != 0 || (current.ss_flags & SS_DISABLE) == 0;
  const stack_t stack{.ss_sp = memory_, .ss_flags = 0, .ss_size = kStackBytes};
  if (memory_ != MAP_FAILED && !is_taken && !kHasSanitizer && ::sigaltstack(&stack, nullptr) == 0) return;
  if (memory_ != MAP_FAILED) ::munmap(memory_, kStackBytes);
  memory_ = MAP_FAILED;
}

CrashStack::~CrashStack() {
  if (memory_ == MAP_FAILED) return;
  stack_t current{};
  const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
  // User code may have put its own in its place.
  if (::sigaltstack(nullptr, &current) == 0 && current.ss_sp == memory_) ::sigaltstack(&none, nullptr);
  ::munmap(memory_, kStackBytes);
}

RunningName::RunningName(std::string_view function) {
  t_running = function.data();
  t_running_size = function.size();
}

RunningName::~RunningName() { t_running_size = 0; }

}  // namespace manta
