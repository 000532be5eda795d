// SPDX-License-Identifier: Apache-2.0
#include "core/worker/user_code.h"

#include <cxxabi.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <typeinfo>

#include "core/base/byte_text.h"
#include "core/base/demangle.h"
#include "core/base/process_memory.h"

namespace manta {

Error user_exception() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  const std::string name = type != nullptr ? demangle(type->name()) : "exception";
  try {
    throw;
  } catch (const std::bad_alloc& error) {
    const std::string refused = std::string("; OOM: memory was refused to the process, which has ") +
                                byte_text(anonymous_memory(::getpid()).value_or(0));
    return {ErrorCode::kTaskFailed, name + ": " + error.what() + refused};
  } catch (const std::exception& error) {
    return {ErrorCode::kTaskFailed, name + ": " + error.what()};
  } catch (...) {
    return {ErrorCode::kTaskFailed, name};
  }
}

void end_forked_copy() {
  std::fprintf(stderr, "a fork of this worker, process %d, has returned from the call that made it, and is ended\n",
               ::getpid());
  ::_exit(1);
}

}  // namespace manta
