# Cross-compiles to 64-bit Windows with Debian's mingw-w64; tests run under wine. The libraries are
# those that windows-service/libraries.sh makes.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
set(CMAKE_AR x86_64-w64-mingw32-gcc-ar-posix CACHE FILEPATH "")
set(CMAKE_RANLIB x86_64-w64-mingw32-gcc-ranlib-posix CACHE FILEPATH "")

# The project's own build of the libraries stands in build/; libraries that are being built are told.
if(NOT REPORTERD_LIBRARIES)
  get_filename_component(REPORTERD_LIBRARIES ${CMAKE_CURRENT_LIST_DIR}/../build/windows-libraries ABSOLUTE)
endif()
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES REPORTERD_LIBRARIES)
set(CMAKE_FIND_ROOT_PATH ${REPORTERD_LIBRARIES} /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${REPORTERD_LIBRARIES}/lib/pkgconfig)
set(CMAKE_CROSSCOMPILING_EMULATOR /usr/bin/wine)
set(ZLIB_USE_STATIC_LIBS ON)
