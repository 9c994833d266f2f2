/*
 * A PKCS #11 module before another one (TOKEN_MODULE). It writes a letter for each login into TOKEN_LOGINS: r right, w wrong, l
 * locked. After three wrong PINs in a row it is locked, as most tokens in hardware are, and SoftHSM is not.
 */
typedef unsigned long ulong;
void *dlopen(const char *path, int flags);
void *dlsym(void *library, const char *name);
char *getenv(const char *name);
int open(const char *path, int flags, ...);
long read(int descriptor, void *bytes, ulong count);
long write(int descriptor, const void *bytes, ulong count);
int close(int descriptor);

enum { GET_FUNCTION_LIST = 3, LOGIN = 18, FUNCTIONS = 68, O_APPEND_CREATE = 02101 };
enum { CKR_OK = 0, CKR_GENERAL_ERROR = 5, CKR_PIN_INCORRECT = 0xA0, CKR_PIN_LOCKED = 0xA4 };

typedef struct {
  ulong version; /* two bytes, and padding */
  void *functions[FUNCTIONS];
} List;
typedef ulong Login(ulong session, ulong user, unsigned char *pin, ulong length);
typedef ulong GetFunctionList(List **list);

static List own, *real;

static int is_locked(void) {
  char letters[1000];
  int wrong = 0;
  int descriptor = open(getenv("TOKEN_LOGINS"), 0);
  long count = descriptor < 0 ? 0 : read(descriptor, letters, sizeof letters);
  if (descriptor >= 0) close(descriptor);
  for (long at = 0; at < count; at++) wrong = letters[at] == 'r' ? 0 : letters[at] == 'w' ? wrong + 1 : wrong;
  return wrong >= 3;
}

static ulong login(ulong session, ulong user, unsigned char *pin, ulong length) {
  ulong result = is_locked() ? CKR_PIN_LOCKED : ((Login *) real->functions[LOGIN])(session, user, pin, length);
  const char *letter = result == CKR_OK ? "r" : result == CKR_PIN_INCORRECT ? "w" : result == CKR_PIN_LOCKED ? "l" : "";
  int descriptor = open(getenv("TOKEN_LOGINS"), O_APPEND_CREATE, 0600);
  if (descriptor >= 0) {
    write(descriptor, letter, *letter != 0);
    close(descriptor);
  }
  return result;
}

ulong C_GetFunctionList(List **list) {
  if (!real) {
    void *library = dlopen(getenv("TOKEN_MODULE"), 2);
    if (!library) return CKR_GENERAL_ERROR;
    ((GetFunctionList *) dlsym(library, "C_GetFunctionList"))(&real);
    own = *real;
    own.functions[LOGIN] = login;
    own.functions[GET_FUNCTION_LIST] = C_GetFunctionList;
  }
  *list = &own;
  return CKR_OK;
}
