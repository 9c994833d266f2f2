import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Scanner;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Calls the server of each line, "HOST TAB PORT TAB DIRECTORY", as docker-java does; says null, or what went wrong. */
class TlsClient {
    public static void main(String[] arguments) {
        for (Scanner lines = new Scanner(System.in); lines.hasNextLine(); ) {
            String[] call = lines.nextLine().split("\t");
            try {
                handshake(call[0], Integer.parseInt(call[1]), Path.of(call[2]));
                System.out.println("null");
            } catch (Exception error) {
                System.out.println(quoted(error.toString()));
            }
        }
    }

    static void handshake(String host, int port, Path directory) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(keyStore(directory), new char[0]);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trustStore(directory));
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        try (Socket plain = new Socket(host, port);
                SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
        }
    }

    static KeyStore trustStore(Path directory) throws Exception {
        KeyStore store = empty();
        for (Certificate certificate : certificates(directory.resolve("ca.pem"))) {
            store.setCertificateEntry("ca-" + store.size(), certificate);
        }
        return store;
    }

    static KeyStore keyStore(Path directory) throws Exception {
        KeyStore store = empty();
        Certificate[] chain = certificates(directory.resolve("cert.pem"));
        String pem = Files.readString(directory.resolve("key.pem"));
        byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----.*-----", ""));
        String algorithm = chain[0].getPublicKey().getAlgorithm();
        PrivateKey key = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
        store.setKeyEntry("client", key, new char[0], chain);
        return store;
    }

    static KeyStore empty() throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        return store;
    }

    static Certificate[] certificates(Path path) throws Exception {
        try (InputStream file = new ByteArrayInputStream(Files.readAllBytes(path))) {
            return CertificateFactory.getInstance("X.509").generateCertificates(file).toArray(new Certificate[0]);
        }
    }

    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}
